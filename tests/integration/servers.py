# SPDX-License-Identifier: Apache-2.0
"""Finds, starts and stops the servers that the library is tested against."""
import json
import glob
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

LIMIT = 60  # seconds for anything to become ready


class Missing(Exception):
    """A server that is not to be had here; the text says why."""


def free_ports(count):
    """Ports nobody uses now. They are found together, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def get(url, accept=None):
    """Status and body."""
    request = urllib.request.Request(url, headers={'Accept': accept} if accept else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def wait_for(condition, what, limit=LIMIT):
    """Asks every few milliseconds; gives the first result that is true."""
    end = time.monotonic() + limit
    while True:
        try:
            result = condition()
        except OSError:
            result = None
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'waited {limit} s for {what() if callable(what) else what}')
        time.sleep(0.02)


def build(name, folder):
    """A program of this folder, with the library and the settings of the build; gives its path."""
    program = f'{folder}/{name}'
    command = [*shlex.split(os.environ.get('CC', 'cc')),
               *shlex.split(os.environ.get('CFLAGS', '-O2')), '-std=c11', '-Wall', '-Wextra',
               '-Wpedantic', '-Iinclude', '-o', program, f'tests/integration/{name}.c',
               f'{os.environ["OBJ"]}/libpromc.a', '-pthread',
               *shlex.split(os.environ.get('LDFLAGS', ''))]
    if os.environ.get('SANITIZE'):
        command.append(f'-fsanitize={os.environ["SANITIZE"]}')
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return program


class Server:
    """A program that was started here, and is ended by end() through its own process id."""

    def __init__(self, command, ready=None, log=None):
        self.log = log
        output = open(log, 'wb') if log else subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=subprocess.STDOUT)
        if log:
            output.close()
        if ready:
            try:
                wait_for(lambda: self.alive() and get(ready)[0] == 200, ready)
            except BaseException:
                self.end()
                raise

    def alive(self):
        if self.process.poll() is not None:
            text = open(self.log, 'rb').read().decode(errors='replace') if self.log else ''
            raise AssertionError(f'{self.process.args[0]} ended: {text[-2000:]}')
        return True

    def address(self):
        """Of a program that prints "listening on ADDRESS"."""
        for line in iter(self.process.stdout.readline, b''):
            match = re.match(rb'listening on (\S+)', line)
            if match:
                return match.group(1).decode()
        raise AssertionError(f'{self.process.args[0]} ended: {self.process.wait()}')

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


# ---- servers of a later Debian suite --------------------------------------------------------------

SUITE = 'sid'


def debian_source():
    """The system's own source of packages, for SUITE: (URI, options)."""
    with open('/etc/os-release', encoding='utf-8') as release:
        codename = re.search(r'^VERSION_CODENAME="?(\w+)', release.read(), re.M)
    codename = codename.group(1) if codename else 'sid'
    for path in sorted(glob.glob('/etc/apt/sources.list.d/*.sources')):
        with open(path, encoding='utf-8') as file:
            for stanza in re.split(r'\n\s*\n', file.read()):
                fields = dict(re.findall(r'^([\w-]+):\s*(.*)$', stanza, re.M))
                if codename in fields.get('Suites', '').split() and 'URIs' in fields:
                    key = fields.get('Signed-By', '')
                    return fields['URIs'].split()[0], f'[signed-by={key}] ' if key else ''
    for path in ['/etc/apt/sources.list', *sorted(glob.glob('/etc/apt/sources.list.d/*.list'))]:
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                match = re.search(rf'^deb\s+(\[.*?\]\s+)?(\S+)\s+{codename}\s', file.read(), re.M)
                if match:
                    return match.group(2), match.group(1) or ''
    raise Missing('no source of Debian packages is configured')


def newer(package, program):
    """The program of a package of a later Debian suite, unpacked beside the build and kept there
    (the system itself stays as it is)."""
    folder = os.path.abspath(os.path.join(os.environ.get('BUILD', 'build'), 'servers', package))
    path = os.path.join(folder, 'root', 'usr', 'bin', program)
    if os.path.exists(path):
        return path
    if not shutil.which('apt-get') or not shutil.which('dpkg'):
        raise Missing('there is no apt-get')
    uri, options = debian_source()
    shutil.rmtree(folder, ignore_errors=True)
    for part in ('lists/partial', 'cache/archives/partial'):
        os.makedirs(os.path.join(folder, part))
    with open(f'{folder}/sources.list', 'w', encoding='utf-8') as file:
        file.write(f'deb {options}{uri} {SUITE} main\n')
    apt = ['apt-get', '-qq', f'-oDir::Etc::sourcelist={folder}/sources.list',
           '-oDir::Etc::sourceparts=-', f'-oDir::State::lists={folder}/lists',
           f'-oDir::Cache={folder}/cache', '-oAPT::Sandbox::User=root',
           '-oAcquire::Languages=none', '-oAcquire::Retries=2', '-oAcquire::http::Timeout=20']
    for command in (apt + ['update'], apt + ['download', package]):
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=200, check=False)
        if done.returncode != 0:
            raise Missing(f'{" ".join(command[:1] + command[-2:])}: '
                          + done.stderr.decode(errors='replace').strip()[-300:])
    subprocess.run(['dpkg', '-x', glob.glob(f'{folder}/*.deb')[0], f'{folder}/root'], check=True)
    for part in ('lists', 'cache'):
        shutil.rmtree(f'{folder}/{part}')
    if not os.path.exists(path):
        raise Missing(f'{package} of {SUITE} has no {program}')
    return path


# ---- Prometheus -----------------------------------------------------------------------------------

class Prometheus(Server):
    """Scrapes `targets` (job: port) four times a second. It has something to query after a good five
    seconds, which is when it looks for its targets."""

    def __init__(self, program, folder, port, targets, protocols=None, features='exemplar-storage',
                 settings=None):
        """`protocols`: names from Prometheus's scrape_protocols; None: what it does by itself.
        `settings`: more of its global configuration."""
        self.url = f'http://127.0.0.1:{port}'
        self.protocols = protocols
        os.makedirs(folder)
        scrape = {'scrape_interval': '250ms', 'scrape_timeout': '250ms'}
        if protocols:
            scrape['scrape_protocols'] = protocols
        scrape.update(settings or {})
        with open(f'{folder}/prometheus.yml', 'w', encoding='utf-8') as config:
            json.dump({'global': scrape,
                       'scrape_configs': [{'job_name': job,
                                           'static_configs': [{'targets': [f'127.0.0.1:{port}']}]}
                                          for job, port in targets.items()]}, config)  # is YAML, too
        super().__init__([program, f'--config.file={folder}/prometheus.yml',
                          f'--web.listen-address=127.0.0.1:{port}',
                          f'--storage.tsdb.path={folder}/data', '--log.level=debug',
                          f'--enable-feature={features}'],
                         ready=f'{self.url}/-/ready', log=f'{folder}/log')
        self.version = self.api('status/buildinfo')['version']
        self.name = ' '.join([self.version, *(protocols or [])])

    def api(self, path, **parameters):
        query = '?' + urllib.parse.urlencode(parameters) if parameters else ''
        status, body = get(f'{self.url}/api/v1/{path}{query}')
        answer = json.loads(body)
        if status != 200 or answer['status'] != 'success':
            raise AssertionError(f'{path}{query}: {answer}')
        return answer['data']

    def query(self, expression):
        """Values by labels, without __name__, job and instance."""
        return {frozenset((name, text) for name, text in one['metric'].items()
                          if name not in ('__name__', 'job', 'instance')): float(one['value'][1])
                for one in self.api('query', query=expression)['result']}

    def value(self, expression):
        """The one value there is; None if there is none."""
        values = list(self.query(expression).values())
        if len(values) > 1:
            raise AssertionError(f'{expression}: {len(values)} series')
        return values[0] if values else None

    def targets(self):
        return {target['labels']['job']: target
                for target in self.api('targets', state='active')['activeTargets']}

    def failures(self):
        """(target, error) of every scrape that failed since the start."""
        with open(self.log, encoding='utf-8') as log:
            return [(re.search(r'target=(\S+)', line).group(1),
                     re.search(r'err="?(.*?)"?$', line.strip()).group(1))
                    for line in log if 'msg="Scrape failed"' in line]
