"""How long a dead part waits, and when it is called a crash loop."""

from penstock.runtime.restarts import Restarts


def test_the_delay_doubles_up_to_a_minute() -> None:
    restarts = Restarts()
    assert [restarts.died(float(n)) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_crash_loop_is_told_and_passes() -> None:
    restarts = Restarts()
    for second in (0, 10, 30, 60):
        restarts.died(float(second))
        assert restarts.trouble(float(second)) is None
    restarts.died(120.0)
    assert restarts.trouble(121.0) == "crash loop, 5 restarts in 2 min"
    assert restarts.trouble(601.0) is None
    assert restarts.died(10_000.0) == 1
