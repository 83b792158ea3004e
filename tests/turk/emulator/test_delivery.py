"""Messages to other programs: in order, tried again, and only to this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evalsuite.errors import UserError
from tests.turk.emulator.receiving import Receiver, receiving
from turk.emulator.delivery import TRIES, Delivery, Parcel, check_target
from turk.emulator.serving import free_port


@pytest.fixture
def delivery() -> Iterator[Delivery]:
    """A delivery at work."""
    running = Delivery()
    running.start()
    yield running
    running.stop()


def parcel(url: str, body: bytes = b"hello") -> Parcel:
    """A message."""
    return Parcel(url, {"Content-Type": "text/plain", "X-Kind": "test"}, body, "test")


def test_messages_arrive_in_order_with_their_headers(delivery: Delivery, receiver: Receiver) -> None:
    for number in range(5):
        delivery.send(parcel(receiver.url, b"%d" % number))
    delivery.flush()

    assert [body for _, body in receiver.requests] == [b"0", b"1", b"2", b"3", b"4"]
    assert receiver.requests[0][0]["x-kind"] == "test"
    assert [(receipt.status, receipt.tries) for receipt in delivery.receipts] == [(200, 1)] * 5


@pytest.mark.slow
def test_a_message_is_tried_again_when_the_receiver_stumbles(delivery: Delivery) -> None:
    with receiving(lambda number: 500 if number < 3 else 204) as receiver:
        delivery.send(parcel(receiver.url))
        delivery.flush()

    assert (delivery.receipts[0].status, delivery.receipts[0].tries) == (204, 3)


def test_a_message_is_given_up_after_some_tries(delivery: Delivery) -> None:
    with receiving(lambda number: 503) as receiver:
        delivery.send(parcel(receiver.url))
        delivery.flush()

    assert (delivery.receipts[0].status, len(receiver.requests)) == (503, TRIES)


def test_a_refused_message_is_not_sent_again(delivery: Delivery) -> None:
    with receiving(lambda number: 403) as receiver:
        delivery.send(parcel(receiver.url))
        delivery.flush()

    assert (delivery.receipts[0].status, len(receiver.requests)) == (403, 1)


@pytest.mark.slow
def test_nobody_there_is_status_0(delivery: Delivery) -> None:
    delivery.send(parcel(f"http://127.0.0.1:{free_port()}/"))
    delivery.flush()

    assert (delivery.receipts[0].status, delivery.receipts[0].tries) == (0, TRIES)


def test_proxies_of_the_environment_are_not_asked(
    delivery: Delivery, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    delivery.send(parcel(receiver.url))
    delivery.flush()

    assert delivery.receipts[0].status == 200


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000/hook", "http://localhost/hook", "https://study.localhost/", "http://[::1]:80/"]
)
def test_this_machine_has_several_names(url: str) -> None:
    assert check_target(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "https://example.org/", "http://localhost.example.org/", "ftp://127.0.0.1/", "/hook", ""],
)
def test_other_machines_get_no_messages(url: str) -> None:
    with pytest.raises(UserError, match="emulator: messages only go to this machine"):
        check_target(url)
