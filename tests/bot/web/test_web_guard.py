"""Who may write: our own pages, not too fast; every refusal is a sentence and loses nothing."""

from uuid import uuid4

import pytest

from bot.web.rates import Rate, Rates
from tests.web_page import HERE, House

WRITES = (
    "/chat/messages",
    "/chat/presses",
    "/chat/start",
    "/chat/language",
    "/staff/sign-in",
    "/staff/logout",
)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://gate.test.evil.example", "http://gate.test:81"]
)
async def test_another_origin_is_refused(house: House, origin: str) -> None:
    window = await house.window()
    before = await house.waiting()
    answer = await window.says("Lời của kẻ khác", origin=origin)
    assert answer.status_code == 403
    assert answer.json()["error"]
    assert await house.waiting() == before


@pytest.mark.parametrize("path", WRITES)
async def test_no_write_is_taken_without_an_origin(house: House, path: str) -> None:
    window = await house.window()
    answer = await window.browser.post(path, data={"language": "en", "code": "abcdef"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", WRITES[:3])
async def test_a_post_without_the_pages_own_header_is_refused(house: House, path: str) -> None:
    window = await house.window()
    before = await house.waiting()
    answer = await window.browser.post(path, data={"text": "a"}, headers={"origin": HERE})
    assert answer.status_code == 409
    assert await house.waiting() == before


async def test_a_page_of_another_session_is_told_to_reload(house: House) -> None:
    mine, other = await house.window(), await house.window()
    answer = await mine.says("Lời của tôi", **{"x-hotline-chat": other.chat})
    assert answer.status_code == 409
    assert "tải lại" in answer.json()["error"]


async def test_too_fast_is_refused_in_a_sentence_and_taken_later(house: House) -> None:
    window, name = await house.window(), str(uuid4())
    answers = [(await window.says(f"tin {number}")).status_code for number in range(25)]
    refused = await window.says("tin cuối", client_id=name)
    assert refused.status_code == 429
    assert "giây" in refused.json()["error"]
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 5
    accepted = [frame["text"] for frame in await house.waiting() if frame["text"].startswith("tin")]
    assert len(accepted) == answers.count(200) >= 15
    assert set(answers) == {200, 429}
    house.seconds += wait
    assert (await window.says("tin cuối", client_id=name)).status_code == 200
    assert "tin cuối" in [frame["text"] for frame in await house.waiting()]


async def test_one_fast_browser_does_not_stop_its_neighbour(house: House) -> None:
    fast, slow = await house.window(), await house.window()
    while (await fast.says("nhanh")).status_code == 200:
        pass
    assert (await slow.says("chậm")).status_code == 200


async def test_guessing_codes_is_slowed_down_by_address(house: House) -> None:
    answers = [(await house.signs_in(house.browser(), f"guess-{number}")).status_code for number in range(11)]
    assert answers[-1] == 429
    elsewhere = house.browser("10.0.0.2")
    assert (await house.signs_in(elsewhere, await house.code_for("An"))).status_code == 303


async def test_a_body_that_is_too_big_or_of_no_length_is_not_read(house: House) -> None:
    window = await house.window()

    async def endless():
        yield b"{}"

    long = await window.browser.post("/chat/presses", content=b" " * 5000, headers=window.headers())
    unknown = await window.browser.post("/chat/presses", content=endless(), headers=window.headers())
    assert (long.status_code, unknown.status_code) == (413, 411)


@pytest.mark.parametrize("mime", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", ""])
async def test_a_form_that_cannot_be_read_is_refused(house: House, mime: str) -> None:
    window = await house.window()
    headers = {**window.headers(), "content-type": mime}
    answer = await window.browser.post("/chat/messages", content=b"--y\r\nbroken", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["/staff/sign-in", "/chat/language"])
async def test_a_plain_form_that_cannot_be_read_is_the_askers_mistake_not_ours(
    house: House, path: str
) -> None:
    headers = {"origin": HERE, "content-type": "multipart/form-data; boundary=x"}
    answer = await house.browser().post(path, content=b"--y\r\nbroken", headers=headers)
    assert answer.status_code == 400
    assert "<html" in answer.text


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    rates, rate = Rates(), Rate(burst=2, per_second=0.5)
    assert [rates.wait([("a", rate, 1)], 0) for _ in range(3)] == [0, 0, 2]
    assert rates.wait([("a", rate, 1)], 1) == 1
    assert rates.wait([("a", rate, 1)], 2) == 0


def test_when_one_bucket_is_short_nothing_is_taken_from_the_other() -> None:
    rates, small, large = Rates(), Rate(1, 1), Rate(5, 1)
    rates.wait([("a", small, 1)], 0)
    for _ in range(9):
        assert rates.wait([("b", large, 1), ("a", small, 1)], 0) == 1
    assert rates.wait([("b", large, 5)], 0) == 0


def test_what_costs_more_than_a_bucket_holds_takes_a_full_one() -> None:
    rates, rate = Rates(), Rate(burst=10, per_second=1)
    assert rates.wait([("a", rate, 100)], 0) == 0
    assert rates.wait([("a", rate, 100)], 0) == 10


def test_only_so_many_buckets_are_remembered() -> None:
    rates, rate = Rates(most=2), Rate(1, 0.001)
    for name in ("a", "b", "c"):
        rates.wait([(name, rate, 1)], 0)
    assert rates.wait([("a", rate, 1)], 0) == 0
    assert rates.wait([("c", rate, 1)], 0) > 0


async def test_changing_the_language_over_and_over_is_slowed_down_like_any_press(house: House) -> None:
    window = await house.window()
    data = {"language": "zh"}
    answers = [
        (await window.browser.post("/chat/language", data=data, headers={"origin": HERE})).status_code
        for _ in range(25)
    ]
    assert set(answers) == {303, 429}
