/**
 * Keys go to the hosts that they are made for. A recipe can name any variable and any host, so a well-known key, such as
 * `OPENAI_API_KEY`, goes to another host with permission only: with `--allow-hosts`, or where the settings of the person
 * have the host under `trusted_hosts`. Addresses of this machine need none, nor do variables that no author of a recipe
 * can guess: these are the person's own, and are listed by `dd plan`.
 */
import { bothEnds } from '../core/both-ends.js';
import type { Sending } from '../core/sending.js';
import type { Plan } from '../engine/types.js';
import { askPermission, type Permission } from './permission.js';
import type { RunProblem } from './problem.js';
import { callSendings, judged, seedSendings, TRUSTED_HOSTS } from './sendings.js';

const permission: Permission = {
  ...TRUSTED_HOSTS,
  flag: '--allow-hosts',
  would: (isOne) =>
    isOne
      ? 'this recipe would send a key to a host that it is not made for'
      : 'this recipe would send keys to hosts that they are not made for',
  insteadOf: 'nothing was sent',
  before: (isOne) => `make sure that ${isOne ? 'this host' : 'each of these hosts'} may have the key`,
};

/** Refuses what would be sent without permission. A variable that is not set is not sent. */
export function allowHosts(
  sendings: readonly Sending[],
  { env, allow }: { readonly env: Readonly<Record<string, string | undefined>>; readonly allow: boolean },
): Promise<RunProblem | undefined> {
  const asked = judged(sendings).flatMap(({ variable, host, madeFor, at }) =>
    madeFor && (env[variable] ?? '').trim() !== ''
      ? [{ entry: host, shown: `${variable} to ${shownHost(host)}${toWhom(madeFor)}`, at }]
      : [],
  );
  return askPermission(asked, permission, { allow, env });
}

/** The part of a run's request that says what it may send. */
interface HostsRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly allowHosts?: boolean;
  readonly answers?: { readonly dryRun?: boolean };
}

/** Refuses what a run would send: looked at before anything is read. A dry run calls nothing, and reads its seed. */
export async function allowRunHosts(
  plan: Plan,
  { env, allowHosts: allow = false, answers }: HostsRequest,
): Promise<RunProblem | undefined> {
  const calls = answers?.dryRun === true ? [] : await callSendings(plan, env);
  return allowHosts([...seedSendings(plan, env), ...calls], { env, allow });
}

/** The longest name of a host in the DNS; an address may have a longer one, which hides where it goes. */
const LONGEST_HOST = 253;

export const shownHost = (host: string): string => bothEnds(host, LONGEST_HOST);

const toWhom = (hosts: readonly string[]): string =>
  hosts.length === 0 ? '' : ` (it is a key for ${hosts.slice(0, 3).join(', ')})`;
