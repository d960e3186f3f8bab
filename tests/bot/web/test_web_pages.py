"""The pages: safe headers on each, words in the reader's language, light enough for an old phone, and the poster."""

import re

import httpx
import pytest

from bot.web.problems import SECURITY_HEADERS
from tests.web_page import HERE, House

EVERY_PAGE = ("/", "/chat?gate=HN", "/staff", "/in/abcdef", "/in/x", "/poster/HN", "/poster/XX", "/qr/HN.svg",
              "/nowhere", "/chat/files/x", "/chat/history", "/chat/stream")  # fmt: skip


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_every_answer_carries_the_security_headers(house: House, path: str) -> None:
    answer = await house.browser().get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_the_policy_allows_only_ourselves() -> None:
    policy = SECURITY_HEADERS["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/chat?gate=HN", "/staff", "/in/abcdef", "/poster/HN", "/nowhere"])
async def test_no_page_has_script_or_style_of_its_own_or_of_others(house: House, path: str) -> None:
    text = (await house.browser().get(path)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    assert all(
        url.startswith("/") for url in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', text)
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_that_nobody_serves_is_answered_in_words(house: House, method: str) -> None:
    answer = await house.browser().request(method, "/nowhere")
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_page_asked_in_the_wrong_way_is_answered_in_words(house: House) -> None:
    answer = await house.browser().request("DELETE", "/chat")
    assert answer.status_code == 405
    assert "Không tìm thấy" in answer.text
    assert "content-security-policy" in answer.headers


async def test_an_unknown_gate_is_told_and_no_qr_is_made(house: House) -> None:
    browser = house.browser()
    for path in ("/poster/XX", "/qr/XX.svg"):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "Không có cửa khẩu" in answer.text


async def test_a_gate_in_the_address_cannot_bring_markup_in(house: House) -> None:
    text = (await house.browser().get('/chat?gate="><script>alert(1)</script>')).text
    assert "alert(1)" not in text


async def test_an_unknown_gate_is_told_and_the_gates_are_offered(house: House) -> None:
    answer = await house.browser().get("/chat?gate=XX")
    assert answer.status_code == 404
    assert "Không có cửa khẩu với mã này." in answer.text
    assert "/chat?gate=HN" in answer.text
    assert "<textarea" not in answer.text


async def test_a_gate_may_be_typed_in_small_letters(house: House) -> None:
    answer = await house.browser().get("/chat?gate=hn")
    assert answer.status_code == 200
    assert 'data-gate="HN"' in answer.text


async def test_the_first_page_offers_every_gate(house: House) -> None:
    text = (await house.browser().get("/")).text
    assert "/chat?gate=HN" in text
    assert "Hữu Nghị" in text


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("", "vi"), ("en-US,en", "en"), ("zh-CN,zh;q=0.9", "zh-Hans"), ("en-US,vi;q=0.8", "vi"), ("fr", "vi")],
)
async def test_the_page_speaks_as_the_browser_wants(house: House, wanted: str, language: str) -> None:
    answer = await house.browser(**{"accept-language": wanted}).get("/chat")
    assert f'<html lang="{language}">' in answer.text


async def test_a_chosen_language_stays_and_the_bot_hears_of_it(house: House) -> None:
    window = await house.window()
    answer = await window.browser.post("/chat/language", data={"language": "zh"}, headers={"origin": HERE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat")
    assert '<html lang="zh-Hans">' in (await window.browser.get("/chat")).text
    await house.program.settle()
    await window.says("")
    assert re.search("[一-鿿]", (await window.says("")).json()["error"])
    assert re.search("[一-鿿]", (await window.reads())[-1])


async def test_a_language_that_we_do_not_speak_is_refused(house: House) -> None:
    answer = await house.browser().post("/chat/language", data={"language": "xx"}, headers={"origin": HERE})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


async def first_load(browser: httpx.AsyncClient, path: str) -> int:
    """Bytes of the page and of all that it names, as sent."""
    page = await browser.get(path)
    named = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text))
    assert len(named) >= 2
    answers = [page, *[await browser.get(url) for url in named]]
    assert all(answer.status_code == 200 for answer in answers)
    return sum(int(answer.headers["content-length"]) for answer in answers)


@pytest.mark.parametrize("language", ["vi", "en", "zh"])
async def test_the_first_load_is_light(house: House, language: str) -> None:
    pressed = house.browser(**{"accept-language": language})
    plain = house.browser(**{"accept-language": language, "accept-encoding": "identity"})
    assert await first_load(pressed, "/chat?gate=HN") < 40_000
    assert await first_load(plain, "/chat?gate=HN") < 60_000


async def test_assets_are_kept_for_ever_under_an_address_that_changes(house: House) -> None:
    browser = house.browser()
    url = re.search(r'src="(/assets/[^"]+chat\.js)"', (await browser.get("/chat")).text)[1]
    answer = await browser.get(url)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await browser.get("/assets/x/nothing.js")).status_code == 404


async def test_the_poster_names_its_gate_in_every_language_and_its_address(house: House) -> None:
    text = (await house.browser().get("/poster/HN")).text
    assert "Hữu Nghị" in text
    assert "友谊" in text
    assert "/qr/HN.svg" in text
    assert "gate.test/chat?gate=HN" in text
    assert 'lang="en"' in text


async def test_the_qr_code_is_a_picture_of_its_own_gate(house: House) -> None:
    browser = house.browser()
    answer = await browser.get("/qr/HN.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "<svg" in answer.text
    assert "<script" not in answer.text
    assert answer.text == (await browser.get("/qr/HN.svg")).text
    others = re.findall(r"/chat\?gate=(\w+)", (await browser.get("/")).text)
    assert answer.text not in [(await browser.get(f"/qr/{code}.svg")).text for code in others if code != "HN"]
