package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A series is the values of one column of a chart, one for each of its labels. NaN: there is none.
type series struct {
	name   string
	values []float64
}

// shades are told apart without colour: each is lighter than the one before. Text beside them is black on white.
var shades = []color.Color{
	color.RGBA{0x12, 0x35, 0x5b, 0xff}, color.RGBA{0xb4, 0x53, 0x09, 0xff}, color.RGBA{0x5b, 0x9b, 0xd5, 0xff},
	color.RGBA{0xf2, 0xb8, 0x7e, 0xff}, color.RGBA{0xd0, 0xde, 0xee, 0xff}, color.RGBA{0xf0, 0xf0, 0xf0, 0xff},
}

// dashes tell lines apart without colour.
var dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}, {vg.Points(8), vg.Points(3), vg.Points(2), vg.Points(3)}}

// chart draws a figure. Kinds: "stack", columns on top of one another over time; "bars", one bar for each label; "lines".
func chart(kind, title, unit string, labels []string, all []series) (string, error) {
	p := plot.New()
	p.Title.TextStyle.Font.Size = 0
	for _, letters := range []*font.Font{&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Y.Label.TextStyle.Font} {
		*letters = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(9))
	}
	p.Y.Min = 0
	p.Y.Label.Text = unit
	p.X.Tick.Length, p.Y.Tick.Length = 0, vg.Points(3)
	height := 2.3 * vg.Inch
	var err error
	switch kind {
	case "stack":
		err = stack(p, labels, all)
	case "lines":
		err = lines(p, all)
	case "bars":
		height = vg.Points(30 + 16*float64(len(labels)))
		err = bars(p, labels, all)
	default:
		panic("report: chart " + kind)
	}
	if err != nil {
		return "", fmt.Errorf("chart %q: %w", title, err)
	}
	if kind != "bars" {
		p.NominalX(spaced(labels)...)
		p.X.Min, p.X.Max = -0.6, float64(len(labels))-0.4
		p.Y.Max *= 1.05
		p.Y.Tick.Marker = wholeTicks{}
	}
	return drawn(p, 6.7*vg.Inch, height, title)
}

// spaced leaves out labels below a chart that would touch in wide letters; the last one stays.
func spaced(labels []string) []string {
	longest, every := 0, 1
	for _, l := range labels {
		longest = max(longest, len([]rune(l)))
	}
	for every*430/max(1, len(labels)) < longest*7 && every < len(labels) { // points
		every++
	}
	out := make([]string, len(labels))
	for i := len(labels) - 1; i >= 0; i -= every {
		out[i] = labels[i]
	}
	return out
}

// wholeTicks are at whole numbers where the axis is long enough.
type wholeTicks struct{}

func (wholeTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	out := ticks[:0]
	for _, t := range ticks {
		if t.IsMinor() || high > 4 && t.Value != math.Trunc(t.Value) {
			continue
		}
		t.Label = number(t.Value)
		out = append(out, t)
	}
	return out
}

func stack(p *plot.Plot, labels []string, all []series) error {
	var below *plotter.BarChart
	width := vg.Points(min(28, 300/float64(max(1, len(labels)))))
	for i, s := range all {
		b, err := plotter.NewBarChart(known(s.values), width)
		if err != nil {
			return err
		}
		b.Color, b.LineStyle.Width, b.LineStyle.Color = shades[i%len(shades)], vg.Points(0.5), color.Black
		if below != nil {
			b.StackOn(below)
		}
		below = b
		p.Add(b)
	}
	return nil
}

// bars lie, so that their labels can be read.
func bars(p *plot.Plot, labels []string, all []series) error {
	values := known(all[0].values)
	for i, j := 0, len(values)-1; i < j; i, j = i+1, j-1 { // the first label stands on top
		values[i], values[j] = values[j], values[i]
	}
	upward := make([]string, len(labels))
	for i, l := range labels {
		upward[len(labels)-1-i] = l
	}
	b, err := plotter.NewBarChart(values, vg.Points(9))
	if err != nil {
		return err
	}
	b.Horizontal, b.Color, b.LineStyle.Width = true, shades[0], 0
	p.Add(b)
	p.NominalY(upward...)
	p.X.Min, p.X.Max, p.Y.Label.Text = 0, p.X.Max*1.05, ""
	p.Y.Min, p.Y.Max = -0.6, float64(len(labels))-0.4
	p.X.Tick.Marker = wholeTicks{}
	p.X.Tick.Length, p.Y.Tick.Length = vg.Points(3), 0
	return nil
}

func lines(p *plot.Plot, all []series) error {
	for i, s := range all {
		var xys plotter.XYs
		for x, v := range s.values {
			if !math.IsNaN(v) {
				xys = append(xys, plotter.XY{X: float64(x), Y: v})
			}
		}
		if len(xys) == 0 {
			continue
		}
		l, dots, err := plotter.NewLinePoints(xys)
		if err != nil {
			return err
		}
		l.Color, l.Width, l.Dashes = shades[i%4], vg.Points(1.5), dashes[i%len(dashes)]
		dots.GlyphStyle = draw.GlyphStyle{Color: shades[i%4], Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}
		p.Add(l, dots)
	}
	return nil
}

// known returns the values with 0 in place of none.
func known(values []float64) plotter.Values {
	out := make(plotter.Values, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			out[i] = v
		}
	}
	return out
}

// A Mark says what a series looks like.
type Mark struct {
	Name string
	Mark template.HTML
}

// key returns the marks of a chart's series, none where there is one.
func key(kind string, all []series) (marks []Mark) {
	if len(all) < 2 {
		return nil
	}
	for i, s := range all {
		r, g, b, _ := shades[i%len(shades)].RGBA()
		shade := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
		shape := fmt.Sprintf(`<rect x="1" y="1" width="22" height="8" fill="%s" stroke="#000" stroke-width=".5"/>`, shade)
		if kind == "lines" {
			var dash []string
			for _, d := range dashes[i%len(dashes)] {
				dash = append(dash, fmt.Sprint(float64(d)))
			}
			shape = fmt.Sprintf(`<path d="M0 5H24" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><circle cx="12" cy="5" r="3" fill="%[1]s"/>`, shade, strings.Join(dash, " "))
		}
		marks = append(marks, Mark{s.name, template.HTML(`<svg viewBox="0 0 24 10" aria-hidden="true">` + shape + `</svg>`)})
	}
	return marks
}

var svgRE = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*"`)

// drawn returns the picture as an element of a page: as wide as there is room, in whatever sans-serif letters the
// reader has, and with a name for those who do not see it. The table beside it has the figures.
func drawn(p *plot.Plot, width, height vg.Length, title string) (string, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(width, height), vgsvg.EmbedFonts(false))
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	text := svgRE.ReplaceAllString(b.String(), `<svg role="img" aria-label="`+html.EscapeString(title)+`"`)
	return strings.ReplaceAll(text, "font-family:Liberation Sans", "font-family:'Liberation Sans',Arial,sans-serif"), nil
}

// number writes a figure for people: thin spaces between thousands, at most one digit behind the point.
func number(v float64) string {
	text := strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64) // +0 makes 0 of -0
	whole, rest, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return sign + whole
}
