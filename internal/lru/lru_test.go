package lru_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/lru"
)

func length(s string) int { return len(s) }

// holds checks whether a cache holds the given keys. It takes them, because Get would change the
// order of use.
func holds(t *testing.T, c *lru.Cache[string, string], want map[string]bool) {
	t.Helper()
	for key, want := range want {
		if _, got := c.Take(key); got != want {
			t.Errorf("the cache holds %q: %t, want %t", key, got, want)
		}
	}
}

func TestCache(t *testing.T) {
	t.Run("a value stays until it is taken", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{}, length)
		c.Put("a", "value")
		if got, ok := c.Get("a"); got != "value" || !ok {
			t.Errorf("Get = %q, %t; want the value", got, ok)
		}
		if got, ok := c.Take("a"); got != "value" || !ok {
			t.Errorf("Take = %q, %t; want the value", got, ok)
		}
		if got, ok := c.Get("a"); got != "" || ok {
			t.Errorf("Get = %q, %t after Take; want nothing", got, ok)
		}
		if got, ok := c.Take("a"); got != "" || ok {
			t.Errorf("a second Take = %q, %t; want nothing", got, ok)
		}
	})
	t.Run("bytes are bounded", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Bytes: 5}, length)
		c.Put("a", "12")
		c.Put("b", "345")
		c.Put("c", "6")
		holds(t, c, map[string]bool{"a": false, "b": true, "c": true})
	})
	t.Run("entries are bounded", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Entries: 2}, length)
		c.Put("a", "")
		c.Put("b", "")
		c.Put("c", "")
		holds(t, c, map[string]bool{"a": false, "b": true, "c": true})
	})
	t.Run("what was used last stays", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Entries: 3}, length)
		c.Put("a", "1")
		c.Put("b", "2")
		c.Put("c", "3")
		c.Get("a")
		c.GetOrPut("b", nil)
		c.Put("d", "4")
		holds(t, c, map[string]bool{"a": true, "b": true, "c": false, "d": true})
	})
	t.Run("the size of a value that is replaced no longer counts", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Bytes: 5}, length)
		c.Put("a", "1234")
		c.Put("a", "5")
		c.Put("b", "6789")
		holds(t, c, map[string]bool{"a": true, "b": true})
	})
	t.Run("a value that is too large is not kept and evicts no other", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Bytes: 5}, length)
		c.Put("a", "1")
		c.Put("b", "2")
		c.Put("b", "345678")
		holds(t, c, map[string]bool{"a": true, "b": false})
	})
	t.Run("a value that is too large is returned when it is created", func(t *testing.T) {
		c := lru.New[string](lru.Bounds{Bytes: 5}, length)
		if got := c.GetOrPut("a", func() string { return "123456" }); got != "123456" {
			t.Errorf("GetOrPut = %q, want what was created", got)
		}
		holds(t, c, map[string]bool{"a": false})
	})
}

// TestLikeModel compares a cache with a slice that has the last used key first.
func TestLikeModel(t *testing.T) {
	const maxBytes, maxEntries = 20, 5
	rapid.Check(t, func(t *rapid.T) {
		c := lru.New[int](lru.Bounds{Bytes: maxBytes, Entries: maxEntries}, length)
		var recent []int
		values := map[int]string{}
		forget := func(key int) {
			recent = slices.DeleteFunc(recent, func(k int) bool { return k == key })
			delete(values, key)
		}
		put := func(key int, value string) {
			forget(key)
			if len(value) > maxBytes {
				return
			}
			recent = slices.Insert(recent, 0, key)
			values[key] = value
			for bytes := 0; ; bytes = 0 {
				for _, v := range values {
					bytes += len(v)
				}
				if bytes <= maxBytes && len(recent) <= maxEntries {
					return
				}
				forget(recent[len(recent)-1])
			}
		}
		check := func(call string, key int, got string, ok bool) {
			if want, had := values[key]; got != want || ok != had {
				t.Fatalf("%s(%d) = %q, %t; want %q, %t", call, key, got, ok, want, had)
			}
		}
		for i := range 100 {
			key := rapid.IntRange(0, 9).Draw(t, "key")
			value := fmt.Sprintf("%0*d", rapid.IntRange(0, maxBytes+1).Draw(t, "size"), i)
			switch rapid.SampledFrom([]string{"get", "put", "get or put", "take"}).Draw(t, "call") {
			case "get":
				got, ok := c.Get(key)
				check("Get", key, got, ok)
				if ok {
					put(key, got)
				}
			case "put":
				c.Put(key, value)
				put(key, value)
			case "get or put":
				want, ok := values[key]
				if !ok {
					want = value
				}
				if got := c.GetOrPut(key, func() string { return value }); got != want {
					t.Fatalf("GetOrPut(%d) = %q, want %q", key, got, want)
				}
				put(key, want)
			case "take":
				got, ok := c.Take(key)
				check("Take", key, got, ok)
				forget(key)
			}
		}
		for key := range 10 {
			got, ok := c.Take(key)
			check("Take", key, got, ok)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	c := lru.New[int](lru.Bounds{Bytes: 5}, length)
	var created, taken atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 1000 {
				key := i % 3
				c.GetOrPut(key, func() string { created.Add(1); return "x" })
				c.Get(key)
				if _, ok := c.Take(key); ok {
					taken.Add(1)
				}
			}
		})
	}
	group.Wait()
	if created.Load() != taken.Load() {
		t.Errorf("%d values were created and %d taken", created.Load(), taken.Load())
	}
}

// Trim evicts the values that were not used for the longest time, and no more than it must.
func TestTrim(t *testing.T) {
	c := lru.New[string](lru.Bounds{}, length)
	for _, key := range []string{"a", "b", "c"} {
		c.Put(key, "four")
	}
	c.Get("a")
	c.Trim(8)
	if c.Bytes() != 8 {
		t.Errorf("%d bytes are left", c.Bytes())
	}
	holds(t, c, map[string]bool{"a": true, "b": false, "c": true})
	c.Put("d", "four")
	c.Trim(-1)
	holds(t, c, map[string]bool{"d": false})
}
