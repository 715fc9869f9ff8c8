/** The batches of all datasets beside a folder of datasets: how far they are now, and how to cancel them. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import { batchProtocols } from '../../models/batch/protocols/index.js';
import type { BatchClient } from '../../models/batch/types.js';
import type { Providers } from '../../models/providers/providers.js';
import { allowHosts } from '../allow-hosts.js';
import { openBatchClient } from './batch-models.js';
import { endpointOf } from './endpoints.js';
import { ageOf, openBatchFolder, readRecords, type BatchRecord } from './records.js';
import type { RunProblem } from '../problem.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface BatchesContext {
  /** `.dd/batches`. */
  readonly root: string;
  readonly env: Environment;
  readonly providers: Providers;
  /** Send well-known keys to hosts that they are not made for. */
  readonly allowHosts: boolean;
  readonly signal: AbortSignal;
  readonly today: () => Date;
}

export interface ListedBatch extends BatchRecord {
  /** Since it was handed in. */
  readonly age_ms: number;
  /** Why the provider could not be asked; then `status` is as it was last seen. */
  readonly problem?: string;
}

/** So many questions wait for one provider at a time. */
const LANES = 8;

/** All batches, the oldest first. Each provider is asked about those under way, several at a time. */
export async function listBatches(context: BatchesContext): Promise<readonly ListedBatch[]> {
  const { signal, today } = context;
  const clientOf = createClients(context);
  const records = (await allRecords(context)).map(({ record }) => record);
  const listed: ListedBatch[] = records.map((record) => ({ ...record, age_ms: ageOf(record, today()) }));
  const look = async (at: number, record: ListedBatch): Promise<void> => {
    const client = await clientOf(record);
    const status = client.ok ? await client.value.status(record.batch ?? '', signal) : client;
    if (!status.ok) {
      listed[at] = { ...record, problem: status.error.message };
      return;
    }
    const { says, counts } = status.value;
    const now = { says, ...(counts && { counts }), at: today().toISOString() };
    listed[at] = { ...record, status: now };
  };
  const looks = new Map<string, (() => Promise<void>)[]>();
  for (const [at, record] of listed.entries()) {
    if (record.state !== 'submitted' || record.batch === undefined) continue;
    const provider = providerOf(record);
    looks.set(provider, [...(looks.get(provider) ?? []), () => look(at, record)]);
  }
  await Promise.all([...looks.values()].map((ofOne) => inLanes(LANES, ofOne)));
  return listed;
}

/** Runs the jobs in their order, so many at a time. */
async function inLanes(lanes: number, jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = jobs.values();
  const run = async (): Promise<void> => {
    for (const job of queue) await job();
  };
  await Promise.all(Array.from({ length: lanes }, run));
}

/** Cancels batches by the provider's id, or `all` that are under way; returns those it has cancelled. */
export async function cancelBatches(
  ids: readonly string[],
  context: BatchesContext,
): Promise<Result<readonly BatchRecord[], RunProblem>> {
  const { signal } = context;
  const clientOf = createClients(context);
  const open = (await allRecords(context)).filter(({ record }) => record.state === 'submitted');
  const isMeant = ({ batch = '', id }: BatchRecord): boolean =>
    ids.includes('all') || ids.includes(batch) || ids.includes(id);
  const unknown = ids.find(
    (id) => id !== 'all' && !open.some(({ record }) => [record.batch, record.id].includes(id)),
  );
  if (unknown !== undefined)
    return err({
      message: `no batch \`${unknown}\` is under way`,
      hint: 'dd batches lists them; --cancel all cancels every one',
    });
  const done: BatchRecord[] = [];
  for (const { folder, record } of open.filter(({ record: each }) => isMeant(each))) {
    const client = await clientOf(record);
    if (!client.ok) return client;
    // A run that waits for it sees that a person has cancelled it, and does not hand it in again.
    await writeFile((await openBatchFolder(folder)).cancelOf(record.id), '');
    const cancelled = await client.value.cancel(record.batch ?? '', signal);
    if (!cancelled.ok) return err(cancelled.error);
    done.push(record);
  }
  return ok(done);
}

interface Found {
  readonly folder: string;
  readonly record: BatchRecord;
}

async function allRecords({ root }: BatchesContext): Promise<readonly Found[]> {
  const names = await readdir(root).catch(() => []);
  const found: Found[] = [];
  for (const name of names.toSorted())
    for (const record of await readRecords(join(root, name)))
      found.push({ folder: join(root, name), record });
  return found.toSorted((a, b) => a.record.created_at.localeCompare(b.record.created_at));
}

const providerOf = ({
  provider,
  provider_type,
  endpoint,
  api_key,
  extra_headers,
  protocol,
}: BatchRecord): string =>
  JSON.stringify([provider, provider_type, endpoint, api_key, extra_headers, protocol]);

type OpenClient = (record: BatchRecord) => Promise<Result<BatchClient, RunProblem>>;

/** One client for each provider: the one that the recipe named then. */
function createClients(context: BatchesContext): OpenClient {
  const clients = new Map<string, ReturnType<OpenClient>>();
  return (record) => {
    const provider = providerOf(record);
    const client = clients.get(provider) ?? openClient(record, context);
    clients.set(provider, client);
    return client;
  };
}

async function openClient(
  record: BatchRecord,
  { env, providers, allowHosts: allow }: BatchesContext,
): ReturnType<OpenClient> {
  const { provider, protocol: name } = record;
  const protocol = batchProtocols.find((each) => each.name === name);
  const found = endpointOf(record, env, providers);
  if (!protocol || !found)
    return err({ message: `${provider} cannot be asked without its recipe`, hint: 'dd run --batch asks it' });
  const { endpoint, isOwn } = found;
  // A folder of batches can come from anywhere, too.
  const sending = { variable: endpoint.keyVariable ?? '', url: endpoint.url, at: [], isOwn };
  const refused = await allowHosts([sending], { env, allow });
  return refused ? err(refused) : openBatchClient(endpoint, protocol, env);
}
