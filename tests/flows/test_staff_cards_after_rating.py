"""When the sender has the last word, every copy of the card says so."""

from tests.town import Town


async def test_a_rating_that_closes_changes_every_copy_of_the_card(town: Town) -> None:
    driver = town.citizen("Lái xe")
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    await driver.says("Hữu Nghị: xe chờ 4 tiếng")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong làn xe, các xe chờ đã thông quan.")
    assert "chờ đánh giá" in binh.newest("xe chờ 4 tiếng").text

    await driver.presses("Hài lòng")

    for member in (an, binh):
        card = member.newest("xe chờ 4 tiếng").text
        assert "Đã đóng" in card
        assert "chờ đánh giá" not in card


async def test_letting_it_rest_after_a_bad_rating_closes_the_cards_too(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ 4 tiếng")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong làn xe, các xe chờ đã thông quan.")
    await driver.presses("Không hài lòng")
    assert "chờ đánh giá" in an.newest("xe chờ 4 tiếng").text

    await driver.presses("Không")

    assert "Đã đóng" in an.newest("xe chờ 4 tiếng").text
