from schema.error_codes import ErrorCode
from tests.schema.collect_codes import codes_in, raised_codes

WRITE_THEM = "run `python -m tests.schema.collect_codes` and review the difference"


def test_every_code_that_is_raised_is_promised_in_the_schema() -> None:
    missing = raised_codes() - {code.value for code in ErrorCode}
    assert not missing, f"{sorted(missing)} are raised but not in ErrorCode: {WRITE_THEM}"


def test_no_code_is_promised_that_nobody_raises() -> None:
    idle = {code.value for code in ErrorCode} - raised_codes()
    assert not idle, f"{sorted(idle)} are in ErrorCode but never raised: {WRITE_THEM}"


def test_name_and_value_of_a_code_are_the_same() -> None:
    assert [code for code in ErrorCode if code.name != code.value] == []


def test_codes_are_found_in_calls_defaults_and_conditionals_only() -> None:
    source = """
class Odd(DomainError):
    default_code = "ODD"
raise InvalidInput("x", code="ONE")
raise InvalidInput("x", code="TWO" if late else "THREE")
other = "NOT_A_CODE"
status(code=404)
"""
    assert codes_in(source) == {"ODD", "ONE", "TWO", "THREE"}
