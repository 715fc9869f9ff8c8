import { homedir } from 'node:os';
import { ok, type Result } from '../../core/result.js';
import { CSV_TYPES_SCHEMA, type CsvTypes } from '../local-file/csv-types.js';
import { openRows } from '../local-file/index.js';
import type { Seed, SeedContext, SeedError, SeedType } from '../types.js';
import { hubAddress, hubSending, type HubAddress, type HubSource } from './address.js';
import { findCopies, pathsOf, type Copies } from './copies.js';
import { downloadFiles } from './download.js';

type TypedHubSource = HubSource & { readonly types?: CsvTypes };

/** Rows of a dataset's files on the Hugging Face Hub: Data Designer's `HuggingFaceSeedSource`. */
export const hub: SeedType<TypedHubSource> = {
  type: 'hf',
  summary: 'Rows of files of a dataset on the Hugging Face Hub.',
  redact: true,
  schema: {
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description:
          'datasets/OWNER/NAME/FILE, with or without hf://. The file can be a glob (data/*.parquet), the name can have @REVISION.',
      },
      token: {
        type: 'string',
        pattern: '^(?!hf_)[A-Za-z_][A-Za-z0-9_]*$',
        patternErrorMessage: 'the NAME of an environment variable',
        default: 'HF_TOKEN',
        description: 'NAME of the environment variable that holds the token; never the token itself.',
      },
      endpoint: {
        type: 'string',
        pattern: '^https?://\\S+$',
        patternErrorMessage: 'a URL such as https://huggingface.co',
        description: 'Address of the Hub. Default: HF_ENDPOINT, else https://huggingface.co.',
      },
      types: CSV_TYPES_SCHEMA,
    },
    required: ['path'],
  },
  columns(source) {
    const address = hubAddress(source, { env: process.env, homeDir: homedir() });
    const copies = address.ok ? findCopies(address.value) : undefined;
    if (!address.ok || !copies) throw new Error('the files are not downloaded yet');
    const opened = openCopies(source, address.value, copies);
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value.columns;
  },
  sends: (source, { env }) => [hubSending(source, env)],
  async fetch(source, context) {
    const found = await download(source, context);
    return found.ok ? ok(undefined) : found;
  },
  async open(source, context) {
    const address = hubAddress(source, context);
    if (!address.ok) return address;
    const copies = findCopies(address.value);
    if (copies) return openCopies(source, address.value, copies);
    const found = await download(source, context);
    return found.ok ? openCopies(source, address.value, found.value) : found;
  },
};

async function download(source: HubSource, context: SeedContext): Promise<Result<Copies, SeedError>> {
  const address = hubAddress(source, context);
  return address.ok ? downloadFiles(source, address.value, context) : address;
}

function openCopies(
  { path, types }: TypedHubSource,
  address: HubAddress,
  copies: Copies,
): Result<Seed, SeedError> {
  const opened = openRows(pathsOf(address, copies), { path, types });
  if (!opened.ok || !copies.isUnchecked) return opened;
  const reason = `the Hub could not be reached; these are the files of commit ${copies.commit.slice(0, 8)}`;
  return ok({
    ...opened.value,
    notes: [...opened.value.notes, { kind: 'note', source: path, reason, count: copies.files.length }],
  });
}
