"""The section on the CPU time of each process with 64 clients."""

from benchmarks import processes


def test_the_section_has_each_kind_and_the_limit_of_decoding() -> None:
    kinds = {"jpeg": {"rate": 500.0, "us": {"jvm": 300.0, "worker": 2400.0, "clients": 100.0}, "idle": 0.125}}
    text = processes.section({"seconds": 8, "cores": 2, "decode_us": 2000.0, "kinds": kinds})
    assert "| JPEG files of 1024x1024 | 500 | 300 | 2,400 | 100 | 12 % |" in text
    assert "Pillow takes 2,000 us on an idle core" in text
    assert "2 cores that did nothing else would decode 1,000 a second" in text


def test_a_photo_takes_time_to_decode() -> None:
    assert processes._decode() > 100
