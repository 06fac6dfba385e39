// SPDX-License-Identifier: Apache-2.0
//! See ../../README.md. There is no HTTP server in it.
use prometheus::{Counter, CounterVec, Encoder, Gauge, Histogram, HistogramOpts, IntCounter};
use prometheus::{Opts, Registry, TextEncoder};
use std::time::Instant;

const UPDATES: usize = 5_000_000;
const LOOKUPS: usize = 1_000_000;
const VALUES: usize = 4096;
const CHILDREN: usize = 100;

fn check(good: bool, what: &str) {
    if !good {
        eprintln!("rust-prometheus: {}", what);
        std::process::exit(1);
    }
}

fn run_threads<F: Fn(usize) + Sync>(update: &F, count: usize, threads: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..count).for_each(update));
        }
    });
    begun.elapsed().as_nanos() as f64 / count as f64
}

fn measure<F: Fn(usize) + Sync>(name: &str, count: usize, threads: usize, update: F) {
    run_threads(&update, count / 16, threads);
    println!("{}\t{:.3}", name, run_threads(&update, count, threads));
}

fn updates(threads: usize) {
    let counter = IntCounter::new("bench_total", "Counter.").unwrap();
    let set = Gauge::new("bench_set", "Gauge.").unwrap();
    let up = Gauge::new("bench_up", "Gauge.").unwrap();
    let bounds = vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let options = HistogramOpts::new("bench_seconds", "Histogram.").buckets(bounds);
    let histogram = Histogram::with_opts(options).unwrap();
    let labels = ["method", "code", "path"];
    let family = CounterVec::new(Opts::new("bench_family_total", "Family."), &labels).unwrap();
    let value = |i: usize| {
        let steps = i * 2531 % VALUES;
        0.001 * (1u64 << (steps / 286)) as f64 * (1.0 + (steps % 286) as f64 / 286.0)
    };
    let values: Vec<f64> = (0..VALUES).map(value).collect();
    let paths: Vec<String> = (0..CHILDREN).map(|i| format!("/path/{}", i)).collect();
    let many = threads * (UPDATES + UPDATES / 16);
    let child = |i: usize| -> Counter { family.with_label_values(&["GET", "200", &paths[i]]) };

    measure("counter inc", UPDATES, threads, |_| counter.inc());
    check(counter.get() == many as u64, "the counter");
    measure("gauge set", UPDATES, threads, |i| set.set(i as f64));
    check(set.get() == (UPDATES - 1) as f64, "the gauge");
    measure("gauge inc", UPDATES, threads, |_| up.inc());
    check(up.get() == many as f64, "the gauge");
    measure("histogram observe", UPDATES, threads, |i| histogram.observe(values[i % VALUES]));
    check(histogram.get_sample_count() == many as u64, "the histogram");
    measure("lookup", LOOKUPS, threads, |i| child(i % CHILDREN).inc());
    let total: f64 = (0..CHILDREN).map(|i| child(i).get()).sum();
    check(total == (threads * (LOOKUPS + LOOKUPS / 16)) as f64, "the children");
}

fn make_series(count: usize) -> Registry {
    let registry = Registry::new();
    let labels = ["method", "code", "path"];
    let family = CounterVec::new(Opts::new("http_requests_total", "Requests."), &labels).unwrap();
    registry.register(Box::new(family.clone())).unwrap();
    for i in 0..count {
        let path = format!("/api/v1/users/item-{:07}", i);
        family.with_label_values(&["GET", "200", &path]).inc_by(1234.5678 * (i + 1) as f64);
    }
    registry
}

/// Counts lines and keeps nothing.
struct Nowhere(usize);

impl std::io::Write for Nowhere {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0 += data.iter().filter(|&&byte| byte == b'\n').count();
        Ok(data.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn status(name: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

fn scrape(series: usize, repeats: usize) {
    let registry = make_series(series);
    for i in 0..repeats {
        let mut nowhere = Nowhere(0);
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = status("VmRSS");
        let begun = Instant::now();
        TextEncoder::new().encode(&registry.gather(), &mut nowhere).unwrap();
        println!("time\t{:.2}", begun.elapsed().as_nanos() as f64 / series as f64);
        if i == 0 {
            println!("memory\t{}", status("VmHWM") - before);
        }
        check(nowhere.0 == series + 2, "the number of lines");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments[i].parse::<usize>().unwrap();
    match arguments[1].as_str() {
        "updates" => updates(number(2)),
        "scrape" => scrape(number(2), number(3)),
        _ => std::process::exit(2),
    }
}
