// SPDX-License-Identifier: Apache-2.0

// See ../README.md.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

const (
	updateCount = 3000000
	lookupCount = 500000
	valueCount  = 4096
	childCount  = 100
)

func check(good bool, what string) {
	if !good {
		log.Fatal("client_golang: ", what)
	}
}

func runThreads(loop func(int), count, threads int) float64 {
	var group sync.WaitGroup
	begun := time.Now()
	for t := 0; t < threads; t++ {
		group.Add(1)
		go func() {
			loop(count)
			group.Done()
		}()
	}
	group.Wait()
	return float64(time.Since(begun).Nanoseconds()) / float64(count)
}

func measure(name string, count, threads int, loop func(int)) {
	runThreads(loop, count/16, threads)
	fmt.Printf("%s\t%.3f\n", name, runThreads(loop, count, threads))
}

func read(metric prometheus.Metric) *dto.Metric {
	result := &dto.Metric{}
	check(metric.Write(result) == nil, "a metric")
	return result
}

func updates(threads int) {
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "bench_total"})
	set := prometheus.NewGauge(prometheus.GaugeOpts{Name: "bench_set"})
	up := prometheus.NewGauge(prometheus.GaugeOpts{Name: "bench_up"})
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "bench_seconds",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}})
	family := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_family_total"},
		[]string{"method", "code", "path"})
	var values [valueCount]float64
	var paths [childCount]string
	many := float64(threads * (updateCount + updateCount/16))

	for i := range values {
		steps := i * 2531 % valueCount
		values[i] = 0.001 * float64(int(1)<<(steps/286)) * (1 + float64(steps%286)/286)
	}
	for i := range paths {
		paths[i] = "/path/" + strconv.Itoa(i)
	}
	measure("counter inc", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			counter.Inc()
		}
	})
	check(read(counter).Counter.GetValue() == many, "the counter")
	measure("gauge set", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			set.Set(float64(i))
		}
	})
	check(read(set).Gauge.GetValue() == updateCount-1, "the gauge")
	measure("gauge inc", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			up.Inc()
		}
	})
	check(read(up).Gauge.GetValue() == many, "the gauge")
	measure("histogram observe", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			histogram.Observe(values[i%valueCount])
		}
	})
	check(float64(read(histogram).Histogram.GetSampleCount()) == many, "the histogram")
	measure("lookup", lookupCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			family.WithLabelValues("GET", "200", paths[i%childCount]).Inc()
		}
	})
	total := 0.0
	for _, path := range paths {
		total += read(family.WithLabelValues("GET", "200", path)).Counter.GetValue()
	}
	check(total == float64(threads*(lookupCount+lookupCount/16)), "the children")
}

func makeSeries(count int) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	family := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total",
		Help: "Requests."}, []string{"method", "code", "path"})
	registry.MustRegister(family)
	for i := 0; i < count; i++ {
		path := fmt.Sprintf("/api/v1/users/item-%07d", i)
		family.WithLabelValues("GET", "200", path).Add(1234.5678 * float64(i+1))
	}
	return registry
}

type lineCounter int

func (lines *lineCounter) Write(data []byte) (int, error) {
	*lines += lineCounter(bytes.Count(data, []byte("\n")))
	return len(data), nil
}

func status(name string) int {
	data, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, name) {
			kib, _ := strconv.Atoi(strings.Fields(line)[1])
			return kib * 1024
		}
	}
	return 0
}

func scrape(series, repeats int) {
	registry := makeSeries(series)
	for i := 0; i < repeats; i++ {
		var lines lineCounter
		debug.FreeOSMemory()
		check(os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil, "clear_refs")
		before := status("VmRSS")
		begun := time.Now()
		families, err := registry.Gather()
		check(err == nil, "gathering")
		encoder := expfmt.NewEncoder(&lines, expfmt.FmtText)
		for _, family := range families {
			check(encoder.Encode(family) == nil, "encoding")
		}
		fmt.Printf("time\t%.2f\n", float64(time.Since(begun).Nanoseconds())/float64(series))
		if i == 0 {
			fmt.Printf("memory\t%d\n", status("VmHWM")-before)
		}
		check(int(lines) == series+2, "the number of lines")
	}
}

func serve(port int) {
	handler := promhttp.HandlerFor(makeSeries(1000), promhttp.HandlerOpts{})
	http.Handle("/metrics", handler)
	fmt.Println("ready")
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", port), nil))
}

func main() {
	var numbers [2]int
	for i, text := range os.Args[2:] {
		numbers[i], _ = strconv.Atoi(text)
	}
	switch os.Args[1] {
	case "updates":
		updates(numbers[0])
	case "scrape":
		scrape(numbers[0], numbers[1])
	case "serve":
		serve(numbers[0])
	}
}
