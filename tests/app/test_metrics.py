"""What a monitor reads at /metrics, and who may."""

from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from app.demo_chat import Chat
from app.program import Program, opened
from app.settings import load_settings
from bot.web.settings import SENDER
from services import quota
from services.sender import Sent


async def _asked(program: Program, client: str = "127.0.0.1", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(program.http, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://gate") as browser:
        return await browser.get("/metrics", headers=headers)


def _figures(page: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_a_message_that_was_answered_shows_in_the_figures(here: Path) -> None:
    async with opened(load_settings()) as program:
        driver = await Chat.opens(program, SENDER, gate="HN")
        await driver.says("Xe chờ 4 tiếng ở cửa khẩu Hữu Nghị, biển số 12C-123.45")
        waiting = _figures((await _asked(program)).text)
        await program.settle()
        page = (await _asked(program)).text
        figures = _figures(page)

    assert waiting["hotline_waiting", "inbox"] == 2  # the page that was opened, and the words
    assert waiting["hotline_late", "inbox"] == 2
    assert figures["hotline_waiting", "inbox"] == 0
    assert figures["hotline_tickets_open",] == 1
    assert figures["hotline_tickets_overdue",] == 0
    assert figures["hotline_sends_total", "web", "sent"] >= 1
    assert figures["hotline_receipt_seconds_count", "web"] == 1
    assert figures["hotline_waiting", "timers"] > 0
    assert "12C" not in page


async def test_without_a_token_only_this_machine_reads_them(here: Path) -> None:
    async with opened(load_settings()) as program:
        assert (await _asked(program)).status_code == 200
        assert (await _asked(program, client="10.0.0.9")).status_code == 404
        assert (await _asked(program, **{"X-Forwarded-For": "203.0.113.9"})).status_code == 404


async def test_with_a_token_whoever_has_it_reads_them(here: Path) -> None:
    async with opened(load_settings(metrics_token="gate-monitor")) as program:
        assert (await _asked(program)).status_code == 404
        assert (await _asked(program, Authorization="Bearer wrong")).status_code == 404
        told = await _asked(program, client="10.0.0.9", Authorization="Bearer gate-monitor")
        assert told.status_code == 200


async def test_a_metered_channel_shows_its_month_and_its_plan(here: Path) -> None:
    given = {"zalo_bot_token": "1:x", "zalo_bot_mode": "poll", "zalo_bot_base_url": "http://127.0.0.1:1"}
    async with opened(load_settings(**given, zalo_bot_quota=500)) as program:
        facts, now = program.channels["zalo"].sender.facts, program.clock.now()
        for billed in (False, False, True):
            verdict = Sent("m", billed=billed)
            await program.db.write(lambda db, verdict=verdict: quota.note(db, facts, verdict, now))
        figures = _figures((await _asked(program)).text)
    assert figures["hotline_monthly_quota", "zalo"] == 500
    assert figures["hotline_messages_this_month", "zalo", "plan"] == 2
    assert figures["hotline_messages_this_month", "zalo", "billed"] == 1
    assert ("hotline_monthly_quota", "web") not in figures


async def test_a_channel_without_a_plan_shows_what_was_billed_and_no_plan(here: Path) -> None:
    nowhere = "http://127.0.0.1:1"
    account = {
        "zalo_oa_base_url": nowhere,
        "zalo_oa_oauth_url": nowhere,
        "public_url": "https://gate.example",
    }
    async with opened(load_settings(zalo_oa_app_id="12", zalo_oa_app_secret="s-1", **account)) as program:
        facts, now = program.channels["zalo_oa"].sender.facts, program.clock.now()
        for billed in (False, True):
            verdict = Sent("m", billed=billed)
            await program.db.write(lambda db, verdict=verdict: quota.note(db, facts, verdict, now))
        figures = _figures((await _asked(program)).text)
    assert figures["hotline_messages_this_month", "zalo_oa", "billed"] == 1
    assert ("hotline_messages_this_month", "zalo_oa", "plan") not in figures, "it was not counted"
