// Reads every table of a published lake twice, through its Iceberg metadata (icebird) and through its list of files
// (hyparquet), and holds counts and sums of all columns against each other, against the commit and against DuckDB, and the
// ids of columns against those in the parts.
//
//   npm ci && node check.mjs LAKE KYCSYNC WAREHOUSE
//
// LAKE is a directory in which `kycsync publish` has run, KYCSYNC the program, WAREHOUSE a DuckDB file of the same
// commit. Prints a line per table, and no value of a row; ends with 1 where anything differs.
import { execFileSync } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import path from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { icebergManifests, icebergMetadata, icebergRead } from 'icebird'

const [lake, kycsync, warehouse] = process.argv.slice(2)
if (!warehouse) {
  console.error('usage: node check.mjs LAKE KYCSYNC WAREHOUSE')
  process.exit(2)
}

// icebird reads by fetch, which knows no files. Names in the lake are URIs without escapes.
const fetchURL = globalThis.fetch
globalThis.fetch = async (url, init) => {
  if (!String(url).startsWith('file://')) return fetchURL(url, init)
  const file = await open(String(url).slice('file://'.length)).catch(() => undefined)
  if (!file) return new Response('', { status: 404, statusText: 'Not Found' })
  try {
    const range = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init?.headers).get('Range') ?? '')
    const { size } = await file.stat()
    const from = range ? Number(range[1]) : 0
    const to = range?.[2] ? Math.min(Number(range[2]) + 1, size) : size
    const body = Buffer.alloc(to - from)
    const { bytesRead } = await file.read(body, 0, body.length, from)
    if (bytesRead !== body.length) throw new Error('short read')
    return new Response(body, { status: range ? 206 : 200, headers: { 'Content-Length': String(body.length) } })
  } finally {
    await file.close()
  }
}

const current = JSON.parse(await readFile(path.join(lake, 'published/current.json'), 'utf8'))
const problems = []

// totals are, for each column, the number of values and a sum that follows from them.
function totals(fields, rows) {
  const out = {}
  for (const { name, type } of fields) {
    let n = 0
    let sum = type === 'double' || type.startsWith('decimal') ? 0 : 0n
    for (const row of rows) {
      const v = row[name]
      if (v === null || v === undefined) continue
      n++
      sum += measure(type, v)
    }
    out[name] = { n, sum }
  }
  return out
}

function measure(type, v) {
  switch (true) {
    case type === 'string': return BigInt(Buffer.byteLength(v))
    case type === 'long': return BigInt(v)
    case type === 'boolean': return v ? 1n : 0n
    case type === 'timestamptz': return BigInt(v.getTime())
    case type === 'date': return BigInt(v.getTime() / 86400000)
    case type === 'double' || type.startsWith('decimal'): return Number(v)
  }
  throw new Error(`type ${type} is not expected`)
}

// expression is the same sum in DuckDB.
function expression(type, name) {
  const c = `"${name}"`
  switch (true) {
    case type === 'string': return `sum(strlen(CAST(${c} AS VARCHAR)))`
    case type === 'long': return `sum(${c})`
    case type === 'boolean': return `sum(CAST(${c} AS INTEGER))`
    case type === 'timestamptz': return `sum(CAST(trunc(epoch_us(${c}) / 1000) AS HUGEINT))` // icebird drops microseconds
    case type === 'date': return `sum(${c} - DATE '1970-01-01')`
    default: return `sum(CAST(${c} AS DOUBLE))`
  }
}

function same(a, b) {
  if (typeof a === 'bigint') return a === b
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}

function compare(table, whose, got, want) {
  for (const name of Object.keys(want)) {
    const g = got[name]
    if (!g || g.n !== want[name].n || !same(g.sum, want[name].sum)) {
      problems.push(`${table}.${name}: ${whose} differ`)
    }
  }
}

async function readIceberg(table) {
  const tableUrl = `${new URL('.', pathToFileURL(path.resolve(lake) + '/')).href.replace(/\/$/, '')}/published/iceberg/${table}`
  const url = 'file://' + fileURLToPath(tableUrl)
  const metadata = await icebergMetadata({ tableUrl: url })
  const fields = metadata.schemas.find(s => s['schema-id'] === metadata['current-schema-id']).fields
  if (metadata['current-snapshot-id'] !== current.seq) problems.push(`${table}: snapshot ${metadata['current-snapshot-id']}, want ${current.seq}`)
  const files = (await icebergManifests(metadata)).flatMap(m => m.entries).map(e => e.data_file)
  const rows = files.length ? await icebergRead({ tableUrl: url, metadata }) : []
  return { fields, rows, files: files.map(f => f.file_path), bytes: files.reduce((n, f) => n + Number(f.file_size_in_bytes), 0) }
}

// checkColumns holds what Iceberg says of the columns against the columns of a part: by id, as engines find them.
function checkColumns(table, fields, parquet) {
  const stored = new Map(parquet.schema.slice(1).map(e => [e.field_id, e]))
  for (const { id, name, required } of fields) {
    const column = stored.get(id)
    stored.delete(id)
    if (column && column.name !== name) problems.push(`${table}.${name}: column ${id} of a part has another name`)
    if (required && column?.repetition_type !== 'REQUIRED') problems.push(`${table}.${name}: it is required, and may be null in a part`)
  }
  if (stored.size) problems.push(`${table}: a part has ${stored.size} columns that Iceberg does not know`)
}

async function readList(table, fields) {
  const uris = (await readFile(path.join(lake, `published/current/${table}.txt`), 'utf8')).split('\n').filter(Boolean)
  const rows = []
  for (const uri of uris) {
    const file = await asyncBufferFromFile(uri.slice('file://'.length))
    checkColumns(table, fields, await parquetMetadataAsync(file))
    for (const row of await parquetReadObjects({ file, compressors })) rows.push(row)
  }
  return { uris, rows }
}

// ask lets kycsync sum up the history of the tables in the warehouse.
function ask(tables) {
  const selects = tables.map(({ table, fields }) => `SELECT '${table}' AS name, count(*) AS rows,
    [${fields.map(f => `count("${f.name}")`)}] AS counts, [${fields.map(f => `CAST(${expression(f.type, f.name)} AS VARCHAR)`)}] AS sums FROM ${table}_versions`)
  const out = execFileSync(kycsync, ['query', '--warehouse', warehouse, '--format', 'json', selects.join(' UNION ALL ')], { maxBuffer: 1 << 28, encoding: 'utf8' })
  return new Map(JSON.parse(out).map(row => [row.name, row]))
}

const shown = JSON.parse(execFileSync(kycsync, ['query', '--warehouse', warehouse, '--format', 'json', 'SELECT max(seq) AS seq FROM _commits'], { encoding: 'utf8' }))
if (shown[0].seq !== current.seq) {
  console.error(`the warehouse shows commit ${shown[0].seq} and the publication commit ${current.seq}: run kycsync rebuild and kycsync publish`)
  process.exit(2)
}

const kept = [] // what the warehouse has the history of
let rows = 0
for (const [table, want] of Object.entries(current.tables)) {
  const ice = await readIceberg(table)
  const list = await readList(table, ice.fields)
  if (ice.rows.length !== want.rows || list.rows.length !== want.rows) {
    problems.push(`${table}: ${ice.rows.length} rows through Iceberg and ${list.rows.length} through the list, want ${want.rows}`)
  }
  if (ice.files.length !== want.parts || ice.bytes !== want.bytes || [...ice.files].sort().join() !== [...list.uris].sort().join()) {
    problems.push(`${table}: the list and Iceberg do not name the ${want.parts} parts, ${want.bytes} bytes, of the commit`)
  }
  const sums = totals(ice.fields, ice.rows)
  compare(table, 'Iceberg and the list of files', totals(ice.fields, list.rows), sums)
  rows += ice.rows.length
  if (table === 'raw_documents' || table.endsWith('_state')) {
    console.log(`${table}: ${ice.rows.length} rows, ${want.parts} parts; of this table the warehouse has no history`)
  } else {
    kept.push({ table, fields: ice.fields, rows: ice.rows.length, sums })
  }
}
for (let i = 0; i < kept.length; i += 8) { // one statement must fit into an argument
  const answers = ask(kept.slice(i, i + 8))
  for (const { table, fields, rows, sums } of kept.slice(i, i + 8)) {
    const answer = answers.get(table)
    if (answer.rows !== rows) problems.push(`${table}: ${answer.rows} rows in DuckDB, ${rows} through Iceberg`)
    const duck = {}
    fields.forEach((f, j) => {
      const zero = typeof sums[f.name].sum === 'bigint' ? 0n : 0
      const text = answer.sums[j]
      duck[f.name] = { n: answer.counts[j], sum: text === null ? zero : typeof zero === 'bigint' ? BigInt(text) : Number(text) }
    })
    compare(table, 'Iceberg and DuckDB', duck, sums)
    console.log(`${table}: ${rows} rows, ${fields.length} columns`)
  }
}
for (const p of problems) console.log('DIFFERS ' + p)
console.log(`${problems.length ? 'FAILED' : 'OK'}: commit ${current.seq}, ${rows} rows of ${Object.keys(current.tables).length} tables, through icebird, hyparquet and DuckDB`)
process.exit(problems.length ? 1 : 0)
