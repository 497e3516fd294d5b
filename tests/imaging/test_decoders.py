"""Decoder processes die, hang and grow alone: the server and every other job go on."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from albumen import imaging
from albumen.imaging import DecodersBusy, Limits, Refused, Target, render
from tests.imaging.conftest import read_facts
from tests.imaging.decoders import children, let_go, runs, wait_until

pytestmark = pytest.mark.usefixtures("two_decoders")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_job_whose_decoder_dies_is_refused_and_the_next_one_works(how: int, endless: Path, small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    with ThreadPoolExecutor(1) as threads:
        job = threads.submit(render, endless, [], webp=True)
        time.sleep(0.2)
        assert not job.done()
        os.kill(decoder, how)
        with pytest.raises(Refused) as caught:
            job.result()
    assert caught.value.code == "undecodable"
    assert read_facts(small).width == 60
    assert decoder not in children(os.getpid())


def test_death_of_a_decoder_leaves_the_other_job_alone(endless: Path, small: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "doomed")
    with ThreadPoolExecutor(2) as threads:
        read_facts(small)
        (first,) = children(os.getpid())
        victim = threads.submit(read_facts, tmp_path / "doomed")
        time.sleep(0.1)
        other = threads.submit(read_facts, endless)
        assert wait_until(lambda: len(children(os.getpid())) == 2)
        time.sleep(0.3)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(Refused, match="undecodable"):
            victim.result()
        assert not other.done()
        let_go(endless)
        with pytest.raises(Refused, match="not_an_image"):
            other.result()


def test_idle_decoder_that_was_killed_is_replaced_unseen(small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    os.kill(decoder, signal.SIGKILL)
    assert wait_until(lambda: not runs(decoder))
    assert read_facts(small).height == 40


def test_picture_that_takes_too_much_processor_time_is_refused(tmp_path: Path, small: Path) -> None:
    large = tmp_path / "progressive.jpg"
    Image.effect_noise((6000, 6000), 60).save(large, progressive=True)
    imaging.configure(Limits(seconds=0.2, decoders=1))
    read_facts(small)
    (decoder,) = children(os.getpid())
    with pytest.raises(Refused, match=r"undecodable: .* too long"):
        render(large, [Target(tmp_path / "target", 4096)], webp=True)
    assert not runs(decoder)
    assert read_facts(small).width == 60


def test_decoder_that_gets_no_processor_time_is_busy_and_ended(endless: Path, small: Path) -> None:
    imaging.configure(Limits(seconds=0.3, decoders=1))
    read_facts(small)
    (decoder,) = children(os.getpid())
    with pytest.raises(DecodersBusy):
        render(endless, [], webp=True)
    assert not runs(decoder)
    assert read_facts(small).width == 60


def test_picture_that_takes_too_much_memory_is_refused(tmp_path: Path, small: Path) -> None:
    turned = tmp_path / "progressive.jpg"
    Image.new("RGB", (6000, 6000)).save(turned, progressive=True)
    target = Target(tmp_path / "large", 4096)
    imaging.configure(Limits(decoders=1))
    assert render(turned, [target], webp=False)[1][0].height == 4096
    imaging.configure(Limits(memory_mb=160, decoders=1))
    with pytest.raises(Refused) as caught:
        render(turned, [target], webp=False)
    assert caught.value.code == "undecodable"
    assert not target.path.exists()
    assert read_facts(small).width == 60


def test_webp_that_takes_too_much_memory_is_not_said_to_be_damaged_alone(tmp_path: Path) -> None:
    source = tmp_path / "large.webp"
    Image.new("RGB", (6000, 6000)).save(source, lossless=True, quality=0, method=0)
    imaging.configure(Limits(memory_mb=240, decoders=1))
    with pytest.raises(Refused, match=r"undecodable: .* takes too much memory"):
        render(source, [], webp=False)


def test_decoders_know_none_of_the_servers_secrets(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBUMEN_SECRET_KEY", "hush-hush-hush")
    read_facts(small)
    (decoder,) = children(os.getpid())
    assert b"hush-hush-hush" not in Path(f"/proc/{decoder}/environ").read_bytes()


def test_what_decoders_may_use(small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    limits = Path(f"/proc/{decoder}/limits").read_text()
    rows = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert rows["Max address space"] == [str(1536 * 1024 * 1024)] * 2
    assert rows["Max core file size"] == ["0", "0"]
    assert rows["Max file size"][0] != "unlimited"
