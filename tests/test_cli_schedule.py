"""`scopewright schedule` as a pipeline uses it: a process of its own, plans in, answers out, no database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REAL_PLAN = ROOT / "tests" / "data" / "plan_new_product.json"

TWO_STEPS = {
    "name": "two steps",
    "start": "2026-11-02",
    "items": [{"id": "a", "duration_days": 2}, {"id": "b", "duration_days": 3}],
    "dependencies": [{"from": "a", "to": "b", "type": "FS", "lag_days": 1, "lag_kind": "working"}],
}
CIRCLE = {
    "name": "circle",
    "items": [{"id": 7, "duration_days": 1}, {"id": 8, "duration_days": 1}],
    "dependencies": [{"from": 7, "to": 8}, {"from": 8, "to": 7}],
}


def schedule(*words: str, given: str | bytes = b"") -> tuple[int, list[dict], str]:
    """Exit code, answers, and what was said beside them."""
    done = subprocess.run(
        [sys.executable, "cli.py", "schedule", *words],
        cwd=ROOT,
        # Nothing of a database or of settings may be looked at.
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": "mysql://nowhere", "PORT": "none"},
        input=given if isinstance(given, bytes) else given.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return (
        done.returncode,
        [json.loads(line) for line in done.stdout.splitlines()],
        done.stderr.decode(),
    )


def test_one_plan_is_answered_with_every_figure_of_the_format() -> None:
    code, answers, said = schedule(given=json.dumps(TWO_STEPS))
    assert (code, said) == (0, "")
    assert answers == [
        {
            "name": "two steps",
            "duration_days": 6,
            "finish_date": "2026-11-07",
            "items": [
                {
                    "id": "a", "early_start": 0, "early_finish": 2, "late_start": 0, "late_finish": 2, "total_float": 0,
                    "free_float": 0, "critical": True, "start_date": "2026-11-02", "finish_date": "2026-11-03",
                },
                {
                    "id": "b", "early_start": 3, "early_finish": 6, "late_start": 3, "late_finish": 6, "total_float": 0,
                    "free_float": 0, "critical": True, "start_date": "2026-11-05", "finish_date": "2026-11-07",
                },
            ],
        }
    ]  # fmt: skip


def test_a_recorded_plan_in_a_file_gets_the_boundaries_that_were_recorded() -> None:
    code, (answer,), _ = schedule(str(REAL_PLAN))
    assert (code, answer["duration_days"], answer["finish_date"]) == (0, 113, "2004-12-22")
    expected = json.loads(REAL_PLAN.read_text())["expected"]
    assert [item["id"] for item in answer["items"]] == list(expected)
    for item in answer["items"]:
        want = expected[item["id"]]
        got = {
            "es": item["early_start"],
            "ef": item["early_finish"],
            "ls": item["late_start"],
            "lf": item["late_finish"],
            "tf": item["total_float"],
            "ff": item["free_float"],
            "critical": item["critical"],
            "start": item["start_date"],
            "finish": item["finish_date"],
        }
        for name in want.keys() & got.keys():
            recorded = want[name][:10] if name in ("start", "finish") else want[name]
            assert got[name] == recorded, (item["id"], name)


def test_lines_are_answered_one_by_one_and_a_bad_one_does_not_stop_the_rest() -> None:
    lines = [json.dumps(TWO_STEPS), "{not json", json.dumps(CIRCLE), "", json.dumps(TWO_STEPS)]
    code, answers, said = schedule("-", given="\n".join(lines))
    assert (code, said) == (1, "")
    assert [answer["name"] for answer in answers] == ["two steps", None, "circle", "two steps"]
    assert answers[1]["error"]["code"] == "JSON_INVALID"
    assert answers[1]["error"]["message"].startswith("Line 2 ")
    assert answers[2]["error"] == {
        "code": "SCHEDULE_CYCLE",
        "message": "These items wait for each other: 7 → 8 → 7.",
        "items": [7, 8],
    }


@pytest.mark.parametrize(
    "given",
    [
        json.dumps([TWO_STEPS, CIRCLE]),
        json.dumps([TWO_STEPS, CIRCLE], indent=2),
        json.dumps(TWO_STEPS, indent=1) + "\n" + json.dumps(CIRCLE, indent=1),
        "\n\ufeff" + json.dumps(TWO_STEPS) + "\r\n" + json.dumps(CIRCLE) + "\r\n",
    ],
    ids=["array", "indented array", "indented one after the other", "lines of Windows"],
)
def test_plans_come_in_whatever_shape_json_has(given: str) -> None:
    code, answers, _ = schedule(given=given)
    assert [(code, each["name"], "error" in each) for each in answers] == [
        (1, "two steps", False),
        (1, "circle", True),
    ]


def test_answers_come_as_plans_come() -> None:
    with subprocess.Popen(
        [sys.executable, "cli.py", "schedule"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("first", "second"):
            process.stdin.write(json.dumps({**TWO_STEPS, "name": name}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["name"] == name
        process.stdin.close()
        assert process.wait(30) == 0


def test_nothing_in_gives_nothing_out() -> None:
    assert schedule(given=" \n\n") == (0, [], "")


def test_a_broken_text_is_one_error_with_its_line() -> None:
    code, (answer,), _ = schedule(given='{"name": "x",\n "items": [}\n}\n')
    assert (code, answer["name"], answer["error"]["code"]) == (1, None, "JSON_INVALID")
    assert "Line 2 " in answer["error"]["message"]


def test_bytes_that_are_no_text_are_an_error_and_the_next_plan_goes_on() -> None:
    code, answers, _ = schedule(
        given=json.dumps(TWO_STEPS).encode() + b'\n{"name": "\xff"}\n' + json.dumps(CIRCLE).encode()
    )
    assert code == 1
    assert answers[1]["error"]["message"] == "Line 2 is not UTF-8."
    assert answers[2]["name"] == "circle"


def test_half_a_character_in_a_name_is_given_back() -> None:
    code, (answer,), _ = schedule(given='{"name": "\\ud83d", "items": [{"id": "æ"}]}')
    assert (code, answer["name"], answer["items"][0]["id"]) == (0, "\ud83d", "æ")


def test_a_file_that_is_not_there_is_said_with_an_exit_code_of_its_own() -> None:
    code, answers, said = schedule("nowhere.json")
    assert (code, answers) == (2, [])
    assert said == "Cannot read nowhere.json: No such file or directory\n"


def test_pretty_answers_are_indented() -> None:
    done = subprocess.run(
        [sys.executable, "cli.py", "schedule", "--pretty", str(REAL_PLAN)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith('{\n  "name": "msproject/new_product_2004",\n')
    assert json.loads(done.stdout)["duration_days"] == 113


def test_the_help_shows_the_format() -> None:
    done = subprocess.run(
        [sys.executable, "cli.py", "schedule", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for word in ("lag_kind", "early_start", "days_off", "start_no_earlier_than"):
        assert word in done.stdout


def test_the_command_imports_neither_the_server_nor_the_database() -> None:
    # They take seconds; a pipeline starts this command for every plan.
    names = "uvicorn asyncpg piccolo strawberry starlette app schema db holidays httpx pydantic_settings"
    code = (
        "import sys; from typer.testing import CliRunner; import cli; "
        f"CliRunner().invoke(cli.app, ['schedule', {str(REAL_PLAN)!r}]); "
        f"print([n for n in {names.split()!r} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
