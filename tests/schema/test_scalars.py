import pytest

AMOUNT = "query Q($m: MoneyInput!) { echoMoney(money: $m) { amount currency } }"
DECIMAL = "query Q($v: Decimal!) { echoDecimal(value: $v) }"


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("1234.50", "1234.50"),
        ("0", "0"),
        ("-0.00", "0.00"),
        ("-7.125", "-7.125"),
        (12, "12"),
        (-12, "-12"),
        (9007199254740993, "9007199254740993"),
        ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
        ("1234567890123456789012345678", "1234567890123456789012345678"),
    ],
)
async def test_a_decimal_comes_back_digit_for_digit(run, given, answered) -> None:
    assert (await run(DECIMAL, {"v": given}))["data"] == {"echoDecimal": answered}


@pytest.mark.parametrize(
    "given",
    [
        1.5,
        1.0,
        1e300,
        True,
        None,
        [],
        {},
        "",
        " 1",
        "1 ",
        "+1",
        "01",
        "1.",
        ".5",
        "1,5",
        "1_000",
        "1e3",
        "1E400",
        "1e-400",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "٣",
        "1\n",
        "12345678901234567890123456789",
        "0.00000000000000000000000000001" * 2,
        "9" * 100_000,
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_a_decimal_variable_that_is_not_plain_digits_is_refused(run, given) -> None:
    answer = await run(DECIMAL, {"v": given})
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert len(answer["errors"][0]["message"]) < 1_000


@pytest.mark.parametrize("number", [b"1e400", b"NaN", b"Infinity", b"-Infinity", b"1" + b"0" * 28])
async def test_a_number_that_json_readers_bend_never_becomes_a_decimal(tiny, number) -> None:
    body = b'{"query": "%s", "variables": {"v": %s}}' % (DECIMAL.encode(), number)
    answer = await tiny.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "literal",
    ["1.5", "1e400", "1E3", "-0.0", "true", "null", "ONE", '"NaN"', '"1e400"', '["1"]', "9" * 29],
)
async def test_a_decimal_literal_that_is_not_plain_digits_is_refused(run, literal) -> None:
    answer = await run(f"{{ echoDecimal(value: {literal}) }}")
    assert "data" not in answer
    assert len(answer["errors"]) == 1


@pytest.mark.parametrize(("literal", "answered"), [('"1.50"', "1.50"), ("12", "12"), ("-3", "-3")])
async def test_a_decimal_literal_is_a_string_or_a_whole_number(run, literal, answered) -> None:
    assert (await run(f"{{ echoDecimal(value: {literal}) }}"))["data"]["echoDecimal"] == answered


@pytest.mark.parametrize(
    ("amount", "currency", "answered"),
    [
        ("12.5", "DKK", "12.50"),
        ("1200", "JPY", "1200"),
        ("1.234", "BHD", "1.234"),
        ("0.1", "BHD", "0.100"),
        (20000, "DKK", "20000.00"),
        ("-0.01", "EUR", "-0.01"),
    ],
)
async def test_money_comes_back_with_all_decimals_of_its_currency(
    run, amount, currency, answered
) -> None:
    answer = await run(AMOUNT, {"m": {"amount": amount, "currency": currency}})
    assert answer["data"]["echoMoney"] == {"amount": answered, "currency": currency}


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("1.5", "JPY", "AMOUNT_TOO_PRECISE"),
        ("1.0", "JPY", "AMOUNT_TOO_PRECISE"),
        ("1.2345", "BHD", "AMOUNT_TOO_PRECISE"),
        ("0.001", "DKK", "AMOUNT_TOO_PRECISE"),
        ("99999999999999999999", "DKK", "AMOUNT_TOO_LARGE"),
    ],
)
async def test_money_beyond_its_currency_is_refused_by_the_name_of_the_field(
    run, amount, currency, code
) -> None:
    answer = await run(AMOUNT, {"m": {"amount": amount, "currency": currency}})
    assert answer["data"] is None
    [error] = answer["errors"]
    assert error["extensions"] == {"code": code, "field": ["money", "amount"]}


@pytest.mark.parametrize("currency", ["dkk", "XXX", "XAU", "DK", "", "DKK ", 208, None, ["DKK"]])
async def test_an_unknown_currency_is_refused(run, currency) -> None:
    answer = await run("query Q($v: Currency!) { echoCurrency(value: $v) }", {"v": currency})
    assert "data" not in answer


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("2026-11-02T09:30:00Z", "2026-11-02T09:30:00Z"),
        ("2026-11-02t09:30:00z", "2026-11-02T09:30:00Z"),
        ("2026-11-02T00:30:00+01:00", "2026-11-01T23:30:00Z"),
        ("2026-11-02T09:30:00.123456-05:00", "2026-11-02T14:30:00.123456Z"),
    ],
)
async def test_an_instant_is_answered_in_utc(run, given, answered) -> None:
    answer = await run("query Q($v: DateTime!) { echoInstant(value: $v) }", {"v": given})
    assert answer["data"] == {"echoInstant": answered}


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-02T09:30:00",
        "2026-11-02",
        "2026-11-02 09:30:00Z",
        "20261102T093000Z",
        "2026-02-30T09:30:00Z",
        "2026-11-02T24:30:00Z",
        "2026-11-02T09:30:60Z",
        "2026-11-02T09:30:00+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        1762075800,
        "now",
        None,
    ],
)
async def test_an_instant_without_a_certain_moment_is_refused(run, given) -> None:
    answer = await run("query Q($v: DateTime!) { echoInstant(value: $v) }", {"v": given})
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "given", ["2026-02-30", "2026-2-3", "20260203", "2026-W05-1", "2026-02-03T00:00:00Z", 20260203]
)
async def test_a_date_that_is_no_calendar_date_is_refused(run, given) -> None:
    answer = await run("query Q($v: Date!) { echoDate(value: $v) }", {"v": given})
    assert "data" not in answer


async def test_a_calendar_date_comes_back_as_it_was(run) -> None:
    assert (await run('{ echoDate(value: "2028-02-29") }'))["data"] == {"echoDate": "2028-02-29"}


@pytest.mark.parametrize("field", ["naive", "floaty"])
async def test_a_value_of_ours_that_is_not_exact_is_an_accident_not_an_answer(run, field) -> None:
    answer = await run(f"{{ {field} }}")
    assert answer["data"] is None
    assert answer["errors"][0]["message"] == "Internal error"
