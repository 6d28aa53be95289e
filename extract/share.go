package extract

// Share divides n requests between two wants: each gets half or more, as far as it wants them, and
// what one does not want goes to the other.
func Share(n, a, b int) (forA, forB int) {
	forA = min(a, max(n/2, n-b))
	return forA, min(b, n-forA)
}
