#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what the tests need through the system's package manager: deps.sh check|integration|bench.
# Says what it does, and does nothing when everything is there.

has() { command -v "$1" >/dev/null 2>&1; }

need_prometheus_client() {
    for python in ${PYTHON:-/usr/bin/python3 python3}; do
        "$python" -c 'import prometheus_client' 2>/dev/null && return
    done
    need "prometheus_client for Python" python3-prometheus-client python3-prometheus_client \
        py3-prometheus-client python-prometheus_client - -
}

has_cmocka() {
    has pkg-config && pkg-config --exists cmocka && return
    printf '%s\n' '#include <stdarg.h>' '#include <stddef.h>' '#include <stdint.h>' \
        '#include <setjmp.h>' '#include <cmocka.h>' | ${CC:-cc} -E -xc - >/dev/null 2>&1
}

# need WHAT PACKAGE...: the packages are in the order apt, dnf, apk, pacman, brew, pkg; "-" is none.
missing= unknown=
need() {
    what=$1
    shift $index
    if [ "$1" = - ]; then
        unknown="$unknown, $what"
    else
        missing="$missing $1"
    fi
}

index=0 manager=
for try in apt-get dnf apk pacman brew pkg; do
    index=$((index + 1))
    if has $try; then
        manager=$try
        break
    fi
done

case $1 in
    check)
        has pkg-config || need pkg-config pkg-config pkgconf-pkg-config pkgconf pkgconf pkgconf pkgconf
        has_cmocka || need cmocka libcmocka-dev libcmocka-devel cmocka-dev cmocka cmocka cmocka
        has "${CXX:-c++}" || need "a C++ compiler" g++ gcc-c++ g++ gcc - -
        has python3 || need python3 python3 python3 python3 python python python3
        need_prometheus_client
        ! getconf GNU_LIBC_VERSION >/dev/null 2>&1 || [ -e /usr/share/i18n/locales/tr_TR ] ||
            need "sources of locales" locales glibc-locale-source - glibc - -
        ;;
    integration)
        has promtool || need prometheus prometheus - prometheus prometheus prometheus prometheus
        has prometheus-pushgateway || has pushgateway ||
            need pushgateway prometheus-pushgateway - - prometheus-pushgateway - -
        has prometheus-alertmanager || has alertmanager ||
            need alertmanager prometheus-alertmanager - alertmanager alertmanager - alertmanager
        has carbon-cache || need carbon graphite-carbon - - - - -
        need_prometheus_client
        ;;
    bench)
        has python3 || need python3 python3 python3 python3 python python python3
        has wrk || need wrk wrk wrk wrk wrk wrk wrk
        [ -e /usr/include/zlib.h ] || need zlib zlib1g-dev zlib-devel zlib-dev zlib - -
        has go || need Go golang golang go go go go
        gocode=/usr/share/gocode/src/github.com
        [ -d $gocode/prometheus/client_golang ] ||
            need client_golang golang-github-prometheus-client-golang-dev - - - - -
        [ -d $gocode/VictoriaMetrics/metrics ] ||
            need VictoriaMetrics/metrics golang-github-victoriametrics-metrics-dev - - - - -
        [ -e /usr/include/prometheus/registry.h ] ||
            need prometheus-cpp prometheus-cpp-dev - - - prometheus-cpp -
        has cargo || need cargo cargo cargo cargo rust rust rust
        ls -d /usr/share/cargo/registry/prometheus-0* >/dev/null 2>&1 ||
            need rust-prometheus librust-prometheus-dev - - - - -
        need_prometheus_client
        ;;
    *)
        echo "usage: deps.sh check|integration|bench" >&2
        exit 2
        ;;
esac

if [ -z "$missing$unknown" ]; then
    echo "deps: everything is there."
    exit 0
fi
if [ -z "$manager" ]; then
    echo "deps: no package manager found (apt, dnf, apk, pacman, brew, pkg)." >&2
    exit 1
fi

root=
if [ "$(id -u)" -ne 0 ] && [ "$manager" != brew ]; then
    root=sudo
fi
run() {
    echo "deps: ${root:+$root }$*"
    $root "$@"
}

# Debian starts daemons when they are installed, unless this file says no.
policy=/usr/sbin/policy-rc.d
install_apt() {
    if [ "$1" = start-nothing ] && [ ! -e $policy ]; then
        echo "deps: $policy keeps the servers from being started; it is removed afterwards"
        trap '$root rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null && $root chmod 755 $policy
    fi
    shift
    run apt-get update && run env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@"
}

status=0
if [ -n "$missing" ]; then
    case $manager in
        apt-get) install_apt "$([ "$1" = check ] || echo start-nothing)" $missing ;;
        dnf) run dnf install -y $missing ;;
        apk) run apk add $missing ;;
        pacman) run pacman -S --needed --noconfirm $missing ;;
        brew) run brew install $missing ;;
        pkg) run pkg install -y $missing ;;
    esac || status=1
fi
if [ -n "$unknown" ]; then
    echo "deps: $manager has no package for ${unknown#, }: tests that need it are skipped, or fail." >&2
fi
exit $status
