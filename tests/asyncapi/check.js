// Reads an AsyncAPI document from standard input, prints what the public parser finds as JSON: errors and a summary.
// Payloads are XML schemas, which it does not look into.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const parser = new Parser();
const { document, diagnostics } = await parser.parse(readFileSync(0, "utf-8"));
process.stdout.write(
  JSON.stringify({
    errors: diagnostics.filter((one) => one.severity === 0),
    warnings: diagnostics.filter((one) => one.severity === 1),
    channels: document ? document.channels().all().length : null,
    operations: document ? document.operations().all().length : null,
    messages: document ? document.components().messages().all().length : null,
  }),
);
