package api

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// maxBody bounds the bytes of a request body.
const maxBody = 256 << 10

// A member declares one member of a JSON body.
type member struct {
	name     string
	required bool
	// read stores the value, which may be null, or calls its Fail with the rule that it breaks.
	read func(strictjson.Value)
}

// parseBody parses the body into the declared members and returns it. It returns an error if the
// body is not JSON, and adds what is wrong inside the JSON to r.fields. A missing body that is not
// required means {}.
func (r *request) parseBody(in input) ([]byte, error) {
	data, err := readBody(r.Request)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		if in.bodyRequired {
			return nil, fault.Because(fault.ReasonMalformedBody, "the body is empty, it must be a JSON object")
		}
		return nil, nil
	}
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	body, err := strictjson.Parse(data, "", &r.fields)
	if err != nil {
		return nil, err
	}
	object, ok := body.Object()
	if !ok {
		return data, nil
	}
	for _, m := range in.body {
		lookup := object.Member
		if m.required {
			lookup = object.Required
		}
		if v, ok := lookup(m.name); ok {
			m.read(v)
		}
	}
	object.Close()
	return data, nil
}

func readBody(r *http.Request) ([]byte, error) {
	tooLarge := fault.Because(fault.ReasonBodyTooLarge, "the body must have at most %d bytes", maxBody)
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	if r.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, &fault.Error{Kind: fault.Malformed, Reason: fault.ReasonMalformedBody, Message: "the body could not be read whole", Err: err}
	}
	if len(data) > maxBody {
		return nil, tooLarge
	}
	return data, nil
}

// checkMediaType returns an error unless the header declares uncompressed JSON in UTF-8.
func checkMediaType(h http.Header) error {
	// Join repeated fields, as API Gateway does, so that no value is ignored.
	all := func(name string) string { return strings.Join(h.Values(name), ",") }
	mediaType, params, err := mime.ParseMediaType(all("Content-Type"))
	charset, given := params["charset"]
	if err != nil || mediaType != "application/json" || given && !strings.EqualFold(charset, "utf-8") {
		return fault.Because(fault.ReasonMediaType, "the Content-Type of the body must be application/json")
	}
	if encoding := all("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fault.Because(fault.ReasonMediaType, "the body must not have a Content-Encoding")
	}
	return nil
}

// idMember declares the id of a new resource. It rejects the nil UUID, which means that there is no
// UUID (RFC 9562, section 5.9).
func idMember(to *uuid.UUID) member {
	return member{name: "id", read: func(v strictjson.Value) {
		s, ok := v.String()
		if !ok {
			return
		}
		id, rule := parseUUID(s)
		switch {
		case rule != nil:
			v.Fail(*rule)
		case id == uuid.Nil:
			v.Fail(fault.Format("uuid", "must not be the nil UUID"))
		}
		*to = id
	}}
}
