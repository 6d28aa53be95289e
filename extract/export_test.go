package extract

import "time"

// NoBackoff makes the client lose no time between attempts.
func NoBackoff(c *Client) { c.backoff = func(int) time.Duration { return 0 } }
