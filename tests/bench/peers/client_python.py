# SPDX-License-Identifier: Apache-2.0
"""See README.md."""
import gc
import sys
import threading
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client import start_http_server

UPDATES, LOOKUPS, VALUES, CHILDREN = 200000, 50000, 4096, 100
BOUNDS = (.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)

try:
    from prometheus_client import disable_created_metrics
    disable_created_metrics()
except ImportError:
    pass


def run_threads(loop, count, threads):
    running = [threading.Thread(target=loop, args=(count,)) for _ in range(threads)]
    begun = time.perf_counter_ns()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return (time.perf_counter_ns() - begun) / count


def measure(name, loop, count, threads):
    run_threads(loop, count // 16, threads)
    print(f'{name}\t{run_threads(loop, count, threads):.3f}')


def check(good, what):
    if not good:
        sys.exit(f'client_python: {what}')


def updates(threads):
    registry = CollectorRegistry()
    counter = Counter('bench', 'Counter.', registry=registry)
    gauge = Gauge('bench_set', 'Gauge.', registry=registry)
    up = Gauge('bench_up', 'Gauge.', registry=registry)
    histogram = Histogram('bench_seconds', 'Histogram.', registry=registry, buckets=BOUNDS)
    family = Counter('bench_family', 'Family.', ('method', 'code', 'path'), registry=registry)
    steps = [i * 2531 % VALUES for i in range(VALUES)]
    values = [0.001 * 2 ** (step // 286) * (1 + step % 286 / 286) for step in steps]
    paths = [f'/path/{i}' for i in range(CHILDREN)]
    many = threads * (UPDATES + UPDATES // 16)

    def inc(count):
        for _ in range(count):
            counter.inc()

    def set_gauge(count):
        for i in range(count):
            gauge.set(i)

    def inc_gauge(count):
        for _ in range(count):
            up.inc()

    def observe(count):
        for i in range(count):
            histogram.observe(values[i % VALUES])

    def look_up(count):
        for i in range(count):
            family.labels('GET', '200', paths[i % CHILDREN]).inc()

    value = registry.get_sample_value
    measure('counter inc', inc, UPDATES, threads)
    check(value('bench_total') == many, 'the counter')
    measure('gauge set', set_gauge, UPDATES, threads)
    check(value('bench_set') == UPDATES - 1, 'the gauge')
    measure('gauge inc', inc_gauge, UPDATES, threads)
    check(value('bench_up') == many, 'the gauge')
    measure('histogram observe', observe, UPDATES, threads)
    check(value('bench_seconds_count') == many, 'the histogram')
    measure('lookup', look_up, LOOKUPS, threads)
    total = sum(family.labels('GET', '200', path)._value.get() for path in paths)
    check(total == threads * (LOOKUPS + LOOKUPS // 16), 'the children')


def make_series(count):
    registry = CollectorRegistry()
    family = Counter('http_requests', 'Requests.', ('method', 'code', 'path'), registry=registry)
    for i in range(count):
        family.labels('GET', '200', f'/api/v1/users/item-{i:07d}').inc(1234.5678 * (i + 1))
    return registry


def status(name):
    with open('/proc/self/status') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def scrape(series, repeats):
    registry = make_series(series)
    for i in range(repeats):
        gc.collect()
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')
        before = status('VmRSS')
        begun = time.perf_counter_ns()
        text = generate_latest(registry)
        print(f'time\t{(time.perf_counter_ns() - begun) / series:.2f}')
        if i == 0:
            print(f"memory\t{status('VmHWM') - before}")
        lines = text.count(b'\nhttp_requests_total{')
        check(lines == series, 'the number of lines')
        del text


def serve(port):
    start_http_server(port, addr='127.0.0.1', registry=make_series(1000))
    print('ready', flush=True)
    threading.Event().wait()


COMMANDS = {'updates': updates, 'scrape': scrape, 'serve': serve}
COMMANDS[sys.argv[1]](*map(int, sys.argv[2:]))
