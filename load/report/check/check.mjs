// Opens a page in Chromium and fails where a reader would be let down: a request to the network, an error of the
// console, a serious finding of axe, more than 20 printed pages, a page that is wider than a phone.
//
//   node check.mjs PAGE.html [CHROMIUM [PICTURES]]
//
// PICTURES is a directory for screenshots and the printed page.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const [file, executablePath = '/usr/bin/chromium', pictures] = process.argv.slice(2)
if (!file) throw new Error('usage: node check.mjs PAGE.html [CHROMIUM [PICTURES]]')
if (pictures) mkdirSync(pictures, { recursive: true })
const address = pathToFileURL(resolve(file)).href
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const wrong = []

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
for (const [name, width, height] of [['desktop', 1280, 900], ['phone', 375, 740]]) {
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: true })
  const page = await context.newPage()
  page.on('request', (r) => { if (r.url() !== address) wrong.push(`${name}: asks the network for ${r.url()}`) })
  page.on('console', (m) => { if (m.type() === 'error') wrong.push(`${name}: console: ${m.text()}`) })
  page.on('pageerror', (e) => wrong.push(`${name}: ${e.message}`))
  await page.goto(address)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (over > 0) wrong.push(`${name}: ${over} pixels wider than the screen`)
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  for (const v of violations) {
    const line = `${name}: axe: ${v.impact}: ${v.id}: ${v.help}: ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 120)}`
    if (v.impact === 'serious' || v.impact === 'critical') wrong.push(line)
    else console.log(line)
  }
  if (name === 'desktop') {
    await page.emulateMedia({ media: 'print' })
    await page.setViewportSize({ width: 680, height: 960 }) // A4 between its margins
    const cut = await page.evaluate(() => [...document.querySelectorAll('.wide')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.ariaLabel))
    for (const title of cut) wrong.push(`print: the table "${title}" is wider than the paper`)
    if (pictures) await page.screenshot({ path: join(pictures, 'paper.png'), fullPage: true })
    const pdf = await page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true })
    const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? []).length
    console.log(`${pages} printed pages`)
    if (pages === 0 || pages > 20) wrong.push(`${pages} printed pages, want at most 20`)
    if (pictures) writeFileSync(join(pictures, 'print.pdf'), pdf)
  }
  await context.close()
}
await browser.close()

for (const line of wrong) console.error(line)
if (wrong.length > 0) process.exit(1)
console.log('OK: no request, no console error, no serious finding')
