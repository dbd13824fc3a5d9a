package strictjson_test

import (
	"testing"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

func parse(t *testing.T, data, path string, fs *fault.Fields) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(data), path, fs)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
