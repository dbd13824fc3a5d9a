package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// maxRobotsRedirects is how many redirects are followed to a robots.txt (RFC 9309, section
// 2.3.1.2).
const maxRobotsRedirects = 5

// Robots fetches the robots.txt that speaks for u's origin, and reads it for the client's
// user agent. The caller keeps it for at most 24 hours (RFC 9309, section 2.4).
//
// An error means that robots.txt could not be had: no answer, a 5xx, or a 429, which is
// the server's call for fewer requests and not the lack of a file. Nothing of the origin
// may be fetched then, and the nil *Rules say so. An *Error tells the reason and, when the
// server asked for it, how long to wait. Other 4xx, and redirects that lead nowhere, mean
// that everything is allowed.
func (c *Client) Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	target, err := u.Resolve("/robots.txt")
	if err != nil {
		return nil, &Error{Reason: InvalidURL, Err: err}
	}
	for range maxRobotsRedirects + 1 {
		res, err := c.get(ctx, target, robots.MaxBytes+1)
		if err != nil {
			return nil, robotsError(err)
		}
		switch {
		case res.Status/100 == 2:
			defer res.Close()
			return robots.Parse(res.Body, robots.Product(c.opts.UserAgent)), nil
		case res.Status/100 == 5, res.Status == http.StatusTooManyRequests:
			return nil, &Error{RobotsUnavailable, true, res.RetryAfter, fmt.Errorf("robots.txt: status %d", res.Status)}
		case res.Status/100 != 3 || res.Location == "":
			return robots.Parse(nil, ""), nil
		}
		if target, err = target.Resolve(res.Location); err != nil {
			return robots.Parse(nil, ""), nil
		}
	}
	return robots.Parse(nil, ""), nil
}

// robotsError says of a failed fetch of a robots.txt what it means for the origin.
func robotsError(err error) error {
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Reason == Canceled {
		return err
	}
	return &Error{RobotsUnavailable, e.Retryable, e.RetryAfter, fmt.Errorf("robots.txt: %w", err)}
}
