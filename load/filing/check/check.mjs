// Reads an unpacked filing with an implementation of Data Package and Table Schema that shares no code with the program:
//
//   node check.mjs FOLDER
//
// The descriptor must be valid, each file must have the size and the hash that it tells, each value of each table the type
// of its column, each key must be there once, and each reference must lead to a row. Ends with 1 where something is not so.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import datapackage from 'datapackage';

const data = join(process.argv[2], 'data');
const descriptor = JSON.parse(readFileSync(join(data, 'datapackage.json'), 'utf8'));
for (const { schema } of descriptor.resources) {
  // By version 2 of the standard a time may have fractions, by version 1, which this implementation is of, it may not.
  for (const field of schema?.fields ?? []) if (field.type === 'datetime') field.format = 'any';
}
const pkg = await datapackage.Package.load(descriptor, { basePath: data });
const faults = pkg.errors.map(String);
let rows = 0;
for (const resource of pkg.resources) {
  const { path, bytes, hash, schema } = resource.descriptor;
  for (const name of [path].flat()) {
    const body = readFileSync(join(data, name));
    const sum = 'sha256:' + createHash('sha256').update(body).digest('hex');
    if (hash && (hash !== sum || bytes !== body.length)) faults.push(`${name}: other bytes than the descriptor tells of`);
  }
  if (!schema) continue;
  try {
    rows += (await resource.read({ relations: true })).length;
  } catch (error) {
    faults.push(`${resource.name}: ${error} ${(error.errors ?? []).slice(0, 3).join('; ')}`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`${descriptor.id}: ${pkg.resources.length} resources, ${rows} rows, ${faults.length} faults`);
process.exit(faults.length || !rows ? 1 : 0);
