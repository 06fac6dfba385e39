#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same work in libpromc and in the peers that are installed, and prints the ratios.

compare.py [--markdown | --json] [--series N] [--repeat N] [--only TEXT] --build FOLDER --ours PROGRAM

Programs take turns, once around for each repetition; medians count. Updates on one thread run on one
processor, on two threads on two; a server has one processor and the load generator (wrk) the other.
GO, GOPATH, PYTHON, PYTHONPATH, CXX and CARGO choose other installations than the system's.
"""
import argparse
import collections
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PROCESSORS = sorted(os.sched_getaffinity(0))
OURS = 'promc'


# ---- building --------------------------------------------------------------------------------------

class Skip(Exception):
    """Why a peer is not there."""


def run_tool(command, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, **options)
    except FileNotFoundError:
        raise Skip(f'there is no {command[0]}') from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Skip(next((line for line in lines if 'rror' in line or 'cannot find' in line), lines[-1:]))
    return done.stdout


def build_cpp(build):
    output = build / 'prometheus_cpp'
    run_tool([os.environ.get('CXX', 'c++'), '-std=c++17', '-O2', str(HERE / 'prometheus_cpp.cc'), '-o',
              str(output), '-lprometheus-cpp-pull', '-lprometheus-cpp-core', '-pthread'])
    return [str(output)]


def build_go(name):
    def build(folder):
        environment = {'GOPATH': '/usr/share/gocode', **os.environ, 'GO111MODULE': 'off',
                       'GOFLAGS': ''}
        environment.setdefault('GOCACHE', str((folder / 'go-cache').absolute()))
        run_tool([os.environ.get('GO', 'go'), 'build', '-o', str(folder / name),
                  str(HERE / name / 'main.go')], env=environment)
        return [str(folder / name)]
    return build


def build_rust(folder):
    crate = folder / 'rust'
    shutil.copytree(HERE / 'rust', crate, dirs_exist_ok=True)
    registry = pathlib.Path('/usr/share/cargo/registry')
    if not list(registry.glob('prometheus-0*')):
        raise Skip('no prometheus crate in ' + str(registry))
    run_tool([os.environ.get('CARGO', 'cargo'), 'build', '--release', '--offline', '--config',
              'source.crates-io.replace-with="system"', '--config',
              f'source.system.directory="{registry}"'], cwd=crate)
    return [str(crate / 'target/release/peer')]


def build_python(folder):
    python = os.environ.get('PYTHON', '/usr/bin/python3')
    run_tool([python, '-c', 'import prometheus_client'])
    return [python, str(HERE / 'client_python.py')]


# The packages are Debian's.
PEERS = {
    'client_golang': (build_go('client_golang'), 'golang golang-github-prometheus-client-golang-dev'),
    'prometheus-cpp': (build_cpp, 'prometheus-cpp-dev'),
    'client_python': (build_python, 'python3-prometheus-client'),
    'rust-prometheus': (build_rust, 'cargo librust-prometheus-dev'),
    'VictoriaMetrics': (build_go('victoriametrics'), 'golang golang-github-victoriametrics-metrics-dev'),
}


def build_peers(folder, programs, skipped):
    for name, (build, packages) in PEERS.items():
        try:
            programs[name] = build(folder)
        except Skip as reason:
            skipped[name] = f'{reason} (packages: {packages})'


def package_version(package):
    done = subprocess.run(['dpkg-query', '-W', '-f', '${Version}', package], capture_output=True, text=True)
    return done.stdout.strip() or '?'


# ---- measuring -------------------------------------------------------------------------------------

def pinned(processors, command):
    return ['taskset', '-c', ','.join(map(str, processors)), *command]


def lines_of(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench-peers: {' '.join(command)}: {done.stderr.strip()}")
    for line in done.stdout.splitlines():
        name, value = line.split('\t')
        yield name, float(value)


def measure_updates(programs, repeats, results):
    for _ in range(repeats):
        for threads in 1, 2:
            for peer, program in programs.items():
                command = pinned(PROCESSORS[:threads], [*program, 'updates', str(threads)])
                for name, value in lines_of(command):
                    results[f"{name}, {threads} thread{'s' * (threads > 1)}"][peer].append(value)


def measure_scrapes(programs, series, repeats, results):
    for peer, program in programs.items():
        command = pinned(PROCESSORS, [*program, 'scrape', str(series), str(repeats)])
        for name, value in lines_of(command):
            results[{'time': 'text scrape', 'memory': 'memory added by a scrape'}[name]][peer].append(value)


def free_port():
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        return listening.getsockname()[1]


def load(port, connections, encoding):
    command = ['wrk', '-t1', f'-c{connections}', '-d1s', '-H', f'Accept-Encoding: {encoding}',
               f'http://127.0.0.1:{port}/metrics']
    output = subprocess.run(pinned(PROCESSORS[-1:], command), capture_output=True, text=True).stdout
    if 'Non-2xx' in output or not (rate := re.search(r'Requests/sec: *([\d.]+)', output)):
        sys.exit('bench-peers: wrk: ' + output)
    return float(rate.group(1))


def measure_http(programs, repeats, results):
    servers = {}
    for peer, program in programs.items():
        if peer == 'rust-prometheus':  # has no server
            continue
        port = free_port()
        server = subprocess.Popen(pinned(PROCESSORS[:1], [*program, 'serve', str(port)]),
                                  stdout=subprocess.PIPE, text=True)
        servers[peer] = server, port
        server.stdout.readline()
    try:
        for _ in range(repeats):
            for encoding, called in (('identity', ''), ('gzip', ', gzip')):
                for connections in 1, 16:
                    for peer, (_, port) in servers.items():
                        row = f"HTTP scrape{called}, {connections} connection{'s' * (connections > 1)}"
                        results[row][peer].append(load(port, connections, encoding))
    finally:
        for server, _ in servers.values():
            server.terminate()
            server.wait()


# ---- what has to come out --------------------------------------------------------------------------

Row = collections.namedtuple('Row', 'name unit target result among', defaults=(None, None))

# VictoriaMetrics's has the label text as the name, given by the program.
CLIENTS = 'client_golang', 'prometheus-cpp', 'client_python', 'rust-prometheus'
GO = 'client_golang',

# The least ratio to the best peer, or the best of those named; the result, if the row has its own name.
ROWS = [
    Row('counter inc, 1 thread', 'ns', 2), Row('counter inc, 2 threads', 'ns', 10),
    Row('gauge set, 1 thread', 'ns', None), Row('gauge set, 2 threads', 'ns', None),
    Row('gauge inc, 1 thread', 'ns', 4), Row('gauge inc, 2 threads', 'ns', 4),
    Row('histogram observe, 1 thread', 'ns', 3), Row('histogram observe, 2 threads', 'ns', 10),
    Row('lookup, 1 thread', 'ns', 1.5), Row('lookup, 2 threads', 'ns', 6),
    Row('text scrape, client libraries', 'ns/sample', 40, 'text scrape', CLIENTS),
    Row('text scrape, any', 'ns/sample', 5, 'text scrape'),
    Row('memory added by a scrape', 'KiB', 1000),
    Row('HTTP scrape, 1 connection', '/s', 10, None, GO),
    Row('HTTP scrape, 16 connections', '/s', 10, None, GO),
    Row('HTTP scrape, gzip, 1 connection', '/s', 10, None, GO),
    Row('HTTP scrape, gzip, 16 connections', '/s', 10, None, GO),
]


def summary(results):
    """For each row: the medians, the peer it is compared with, and the ratio."""
    for row in ROWS:
        runs = results.get(row.result or row.name, {})
        values = {peer: statistics.median(values) / (1024 if row.unit == 'KiB' else 1)
                  for peer, values in runs.items()}
        rivals = {peer: value for peer, value in values.items()
                  if peer != OURS and (not row.among or peer in row.among)}
        if OURS not in values or not rivals:
            continue
        more = row.unit == '/s'
        rival = (max if more else min)(rivals, key=rivals.get)
        ratio = values[OURS] / rivals[rival] if more else rivals[rival] / values[OURS]
        yield row, values, rival, ratio


def number(value):
    if value is None:
        return ''
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def cells(row, values, rival, ratio, peers):
    verdict = ''
    if row.target is not None:
        verdict = f"{row.target:g}x{'' if ratio >= row.target else ', missed'}"
    return [f'{row.name}, {row.unit}', *(number(values.get(peer)) for peer in peers),
            f'{number(ratio)}x {rival}', verdict]


def print_table(header, rows, markdown):
    if markdown:
        print('| ' + ' | '.join(header) + ' |')
        print('|---' + '|---:' * (len(header) - 2) + '|---|')
        for row in rows:
            print('| ' + ' | '.join(row).replace('missed', '**missed**') + ' |')
        return
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        print('  '.join(cell.rjust(width) if column else cell.ljust(width)
                        for column, (cell, width) in enumerate(zip(row, widths))))


def processor():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        names = [line.split(':', 1)[1].strip() for line in file if line.startswith('model name')]
    return names[0] if names else platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--markdown', action='store_true')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('--series', type=int, default=1000000)
    parser.add_argument('--repeat', type=int, default=5)
    parser.add_argument('--only', choices=['updates', 'scrapes', 'http'])
    parser.add_argument('--build', type=pathlib.Path, required=True)
    parser.add_argument('--ours', required=True)
    options = parser.parse_args()
    programs, skipped, results = {OURS: [options.ours]}, {}, collections.defaultdict(
        lambda: collections.defaultdict(list))

    options.build.mkdir(parents=True, exist_ok=True)
    build_peers(options.build, programs, skipped)
    for name, reason in skipped.items():
        print(f'skipped: {name}: {reason}', file=sys.stderr)
    if options.only in (None, 'updates'):
        measure_updates(programs, options.repeat, results)
    if options.only in (None, 'scrapes'):
        measure_scrapes(programs, options.series, options.repeat, results)
    if options.only in (None, 'http'):
        if shutil.which('wrk'):
            measure_http(programs, options.repeat, results)
        else:
            print('skipped: HTTP: there is no wrk', file=sys.stderr)
    report(options, programs, skipped, results)


def report(options, programs, skipped, results):
    machine = f'{len(PROCESSORS)} cores of {processor()}, {platform.system()} {platform.release()}'
    versions = {name: package_version(PEERS[name][1].split()[-1]) for name in programs if name != OURS}
    if options.json:
        rows = [{'name': row.name, 'unit': row.unit, 'values': values, 'rival': rival, 'ratio': ratio,
                 'target': row.target, 'runs': results[row.result or row.name]}
                for row, values, rival, ratio in summary(results)]
        print(json.dumps({'machine': machine, 'versions': versions, 'series': options.series,
                          'skipped': skipped, 'rows': rows}, indent=1))
        return
    print(f'{machine}; medians of {options.repeat}; {options.series:,} series; '
          + ', '.join(f'{name} {version}' for name, version in versions.items()) + '.\n')
    peers = list(programs)
    print_table(['', *peers, 'ratio to', 'target'],
                [cells(*line, peers) for line in summary(results)], options.markdown)


if __name__ == '__main__':
    main()
