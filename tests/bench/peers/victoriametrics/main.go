// SPDX-License-Identifier: Apache-2.0

// See ../README.md. Its gauges are callbacks, so the float counter, which can be set, stands for them;
// its histograms have buckets of their own.
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

	"github.com/VictoriaMetrics/metrics"
)

const (
	updateCount = 3000000
	lookupCount = 500000
	valueCount  = 4096
	childCount  = 100
)

func check(good bool, what string) {
	if !good {
		log.Fatal("VictoriaMetrics/metrics: ", what)
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

func childName(path string) string {
	return `bench_family_total{method="GET",code="200",path="` + path + `"}`
}

func updates(threads int) {
	set := metrics.NewSet()
	counter := set.NewCounter("bench_total")
	gauge := set.NewFloatCounter("bench_set")
	up := set.NewFloatCounter("bench_up")
	histogram := set.NewHistogram("bench_seconds")
	var values [valueCount]float64
	var paths [childCount]string
	many := threads * (updateCount + updateCount/16)

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
	check(counter.Get() == uint64(many), "the counter")
	measure("gauge set", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			gauge.Set(float64(i))
		}
	})
	check(gauge.Get() == updateCount-1, "the gauge")
	measure("gauge inc", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			up.Add(1)
		}
	})
	check(up.Get() == float64(many), "the gauge")
	measure("histogram observe", updateCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			histogram.Update(values[i%valueCount])
		}
	})
	observed := uint64(0)
	histogram.VisitNonZeroBuckets(func(_ string, count uint64) { observed += count })
	check(observed == uint64(many), "the histogram")
	measure("lookup", lookupCount, threads, func(count int) {
		for i := 0; i < count; i++ {
			set.GetOrCreateCounter(childName(paths[i%childCount])).Inc()
		}
	})
	total := uint64(0)
	for _, path := range paths {
		total += set.GetOrCreateCounter(childName(path)).Get()
	}
	check(total == uint64(threads*(lookupCount+lookupCount/16)), "the children")
}

func makeSeries(count int) *metrics.Set {
	set := metrics.NewSet()
	for i := 0; i < count; i++ {
		name := fmt.Sprintf(`http_requests_total{method="GET",code="200",path="/api/v1/users/item-%07d"}`, i)
		set.NewFloatCounter(name).Add(1234.5678 * float64(i+1))
	}
	return set
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
	set := makeSeries(series)
	for i := 0; i < repeats; i++ {
		var lines lineCounter
		debug.FreeOSMemory()
		check(os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil, "clear_refs")
		before := status("VmRSS")
		begun := time.Now()
		set.WritePrometheus(&lines)
		fmt.Printf("time\t%.2f\n", float64(time.Since(begun).Nanoseconds())/float64(series))
		if i == 0 {
			fmt.Printf("memory\t%d\n", status("VmHWM")-before)
		}
		check(int(lines) == series, "the number of lines")
	}
}

func serve(port int) {
	set := makeSeries(1000)
	http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { set.WritePrometheus(w) })
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
