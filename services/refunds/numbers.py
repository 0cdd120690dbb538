"""How a refund is named."""


def number_of(number: int) -> str:
    """The number that people see, such as RF-0007."""
    return f"RF-{number:04d}"
