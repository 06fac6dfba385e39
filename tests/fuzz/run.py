#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs fuzzers for a given processor time each, and says what they reached.

    run.py libfuzzer|afl|merge --build DIR --programs DIR [--time SECONDS] [--jobs N] TARGET...

Seeds are tests/fuzz/corpus/TARGET, and what earlier runs have found: that stays in DIR/fuzz/TARGET
(of --build), so that a run goes on where the last one ended. Inputs that break something are in
DIR/fuzz/found. Exit status 1: there are such; the log of the fuzzer is shown.

merge makes the seeds those that have a name, and of all other inputs, seeds or found by libfuzzer, the
fewest that reach the edges that are left.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf('SC_CLK_TCK')


def cpu_seconds(pid):
    """Of a process and its children that have ended."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS


def run_for(command, seconds, stop, log, env=None):
    """Runs it until it has used up its processor time. Returns exit status and that time."""
    used = 0.0
    with open(log, 'wb') as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env,
                                   stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None and used < seconds:
                time.sleep(0.2)
                used = max(used, cpu_seconds(process.pid))
        finally:
            end(process, stop)
    return process.returncode, used


def end(process, stop):
    """In good order; what does not end within ten seconds of processor time hangs, and is aborted, so that
    the input is kept. (By the clock it may just have been stopped.)"""
    if process.poll() is None:
        process.send_signal(stop)
    limit = cpu_seconds(process.pid) + 10
    while process.poll() is None and cpu_seconds(process.pid) < limit:
        time.sleep(0.1)
    if process.poll() is None:
        process.send_signal(signal.SIGABRT)
    process.wait()


def arguments(args, target):
    dictionary = os.path.join(HERE, 'dict', target + '.dict')
    return os.path.join(args.programs, target), dictionary if os.path.exists(dictionary) else None


def libfuzzer(args, target):
    program, dictionary = arguments(args, target)
    work, found = (os.path.join(args.build, 'fuzz', name) for name in (target, 'found'))
    log = os.path.join(args.build, 'fuzz', target + '.log')
    os.makedirs(work, exist_ok=True)
    os.makedirs(found, exist_ok=True)
    command = [program, '-print_final_stats=1', '-timeout=0', '-report_slow_units=3600', '-rss_limit_mb=2048',
               '-max_len=4096', f'-artifact_prefix={found}/{target}-']
    if dictionary:
        command.append(f'-dict={dictionary}')
    command += [work, os.path.join(HERE, 'corpus', target)]
    # SIGUSR1 ends libFuzzer in good order.
    status, used = run_for(command, args.time, signal.SIGUSR1, log)
    with open(log, errors='replace') as file:
        text = file.read()
    executions = re.findall(r'^stat::number_of_executed_units: (\d+)', text, re.MULTILINE)
    edges = re.findall(r' cov: (\d+) ', text)
    corpus = re.findall(r' corp: (\d+)/', text)
    return {'ok': status == 0 and bool(executions), 'log': log, 'cpu': used,
            'executions': int(executions[-1]) if executions else 0,
            'edges': edges[-1] if edges else '-', 'corpus': corpus[-1] if corpus else '-'}


def merge(args, target):
    program, _ = arguments(args, target)
    work, seeds = os.path.join(args.build, 'fuzz', target), os.path.join(HERE, 'corpus', target)
    os.makedirs(work, exist_ok=True)
    before = os.listdir(seeds)
    # What has a name stays; the rest, which libFuzzer names by a hash, is chosen anew.
    for name in before:
        if re.fullmatch('[0-9a-f]{40}', name):
            shutil.move(os.path.join(seeds, name), os.path.join(work, name))
    # Edges are what is counted, not how often they are taken: a few dozen inputs are enough.
    done = subprocess.run([program, '-set_cover_merge=1', '-use_counters=0', seeds, work],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f'{target:<20} {len(before):>5} inputs before, {len(os.listdir(seeds))} now', flush=True)
    return done.returncode == 0


def afl(args, target):
    program, dictionary = arguments(args, target)
    work = os.path.join(args.build, 'fuzz-afl', target)
    log = work + '.log'
    os.makedirs(work, exist_ok=True)
    command = ['afl-fuzz', '-i', os.path.join(HERE, 'corpus', target), '-o', work, '-t', '2000+', '-m', 'none',
               '-G', '4096', '-V', str(max(1, int(args.time)))]
    if dictionary:
        command += ['-x', dictionary]
    env = dict(os.environ, AFL_NO_UI='1', AFL_SKIP_CPUFREQ='1', AFL_NO_AFFINITY='1', AFL_AUTORESUME='1',
               AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1')
    begun = os.times()
    status, _ = run_for(command + ['--', program], 10 * args.time + 600, signal.SIGINT, log, env)
    ended = os.times()
    stats = {}
    try:
        with open(os.path.join(work, 'default/fuzzer_stats')) as file:
            stats = dict(re.split(r'\s*:\s*', line.strip(), maxsplit=1) for line in file)
    except OSError:
        pass
    broken = glob.glob(os.path.join(work, 'default/crashes/id*')) + \
        glob.glob(os.path.join(work, 'default/hangs/id*'))
    return {'ok': status == 0 and not broken, 'log': log,
            'cpu': ended.children_user + ended.children_system - begun.children_user - begun.children_system,
            'executions': int(stats.get('execs_done', 0)), 'edges': stats.get('edges_found', '-'),
            'corpus': stats.get('corpus_count', '-')}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('engine', choices=['libfuzzer', 'afl', 'merge'])
    parser.add_argument('--build', required=True)
    parser.add_argument('--programs', required=True)
    parser.add_argument('--time', type=float, default=60)
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('targets', nargs='+')
    args = parser.parse_args()
    if args.engine == 'merge':
        sys.exit(0 if all([merge(args, target) for target in args.targets]) else 1)
    engine = libfuzzer if args.engine == 'libfuzzer' else afl
    failed = False

    os.makedirs(os.path.join(args.build, 'fuzz'), exist_ok=True)
    print(f'{"target":<16} {"executions":>12} {"edges":>7} {"inputs":>7} {"CPU min":>8}')
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(args.jobs, 2)) as pool:
        for target, result in zip(args.targets, pool.map(lambda name: engine(args, name), args.targets)):
            print(f'{target:<16} {result["executions"]:>12} {result["edges"]:>7} {result["corpus"]:>7}'
                  f' {result["cpu"] / 60:>8.1f}{"" if result["ok"] else "  FAILED"}', flush=True)
            if not result['ok']:
                failed = True
                with open(result['log'], errors='replace') as file:
                    lines = [line for line in file if not re.match(r'#\d+\s+(NEW|REDUCE|RELOAD|pulse)', line)]
                print(''.join('    ' + line for line in lines[-40:]))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
