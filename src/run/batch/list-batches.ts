/** The batches of all datasets beside a folder of datasets: how far they are now, and how to cancel them. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import { batchProtocols } from '../../models/batch/protocols/index.js';
import type { BatchClient } from '../../models/batch/types.js';
import { resolveEndpoint, type Providers } from '../../models/providers/providers.js';
import { allowHosts } from '../allow-hosts.js';
import { openBatchClient } from './batch-models.js';
import { openBatchFolder, readRecords, type BatchRecord } from './records.js';
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

/** All batches, the oldest first. Providers are asked about those under way. */
export async function listBatches(context: BatchesContext): Promise<readonly ListedBatch[]> {
  const { signal, today } = context;
  const listed: ListedBatch[] = [];
  for (const { record } of await allRecords(context)) {
    const age_ms = Math.max(0, today().getTime() - Date.parse(record.intended_at ?? record.created_at));
    if (record.state !== 'submitted' || record.batch === undefined) {
      listed.push({ ...record, age_ms });
      continue;
    }
    const client = await clientOf(record, context);
    const status = client.ok ? await client.value.status(record.batch, signal) : client;
    if (!status.ok) {
      listed.push({ ...record, age_ms, problem: status.error.message });
      continue;
    }
    const { says, counts } = status.value;
    listed.push({
      ...record,
      age_ms,
      status: { says, ...(counts && { counts }), at: today().toISOString() },
    });
  }
  return listed;
}

/** Cancels batches by the provider's id, or `all` that are under way; returns those it has cancelled. */
export async function cancelBatches(
  ids: readonly string[],
  context: BatchesContext,
): Promise<Result<readonly BatchRecord[], RunProblem>> {
  const { signal } = context;
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
    const client = await clientOf(record, context);
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

/** The provider is the one that the recipe named then; a recipe is not needed. */
async function clientOf(
  record: BatchRecord,
  { env, providers, allowHosts: allow }: BatchesContext,
): Promise<Result<BatchClient, RunProblem>> {
  const { provider, provider_type, endpoint: url, api_key, protocol: name } = record;
  const protocol = batchProtocols.find((each) => each.name === name);
  const isKnown = providers.has(provider_type);
  const config = {
    name: provider,
    provider_type,
    endpoint: url ?? '',
    ...(api_key !== undefined && { api_key }),
  };
  const endpoint = url === undefined ? undefined : resolveEndpoint(provider, config, env, providers);
  if (!protocol || !endpoint || !isKnown)
    return err({ message: `${provider} cannot be asked without its recipe`, hint: 'dd run --batch asks it' });
  // A folder of batches can come from anywhere, too.
  const isOwn = resolveEndpoint(provider, undefined, env, providers)?.url === endpoint.url;
  const sending = { variable: endpoint.keyVariable ?? '', url: endpoint.url, at: [], isOwn };
  const refused = await allowHosts([sending], { env, allow });
  return refused ? err(refused) : openBatchClient(endpoint, protocol, env);
}
