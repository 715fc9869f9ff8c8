import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Redis } from 'ioredis';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import { parse, parseAllDocuments } from 'yaml';
import { startModelServer } from '../rig/model-server.js';
import { createWorkspace, projectDir } from '../rig/program.js';
import { freePort } from '../rig/ports.js';

const folder = join(projectDir, 'examples/operations');
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly triggers?: readonly { readonly metadata: { readonly listName: string } }[];
    readonly scaleTargetRef?: { readonly name: string };
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly env: readonly EnvEntry[];
        }[];
      };
    };
  };
}

const files = readdirSync(join(folder, 'kubernetes'));
const manifests = files.flatMap((file) =>
  parseAllDocuments(textOf(`kubernetes/${file}`)).map((document) => document.toJS() as Manifest),
);

describe('Kubernetes', () => {
  const kinds = {
    Deployment,
    Job,
    PersistentVolumeClaim,
    ScaledObject,
    Service,
    StatefulSet,
    TriggerAuthentication,
  };

  it.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    '%s has the values that its schema wants',
    (_name, manifest) => {
      const Kind = kinds[manifest.kind as keyof typeof kinds] as unknown as new (data: object) => {
        readonly apiVersion: string;
        validate(): void;
      };
      expect(new Kind({}).apiVersion).toBe(manifest.apiVersion);
      new Kind(manifest).validate();
    },
  );

  it('has no key that its kind has not', () => {
    const dir = mkdtempSync(join(projectDir, 'test/operations/.types-'));
    const typed = (manifest: object, kind: string, at: number): string =>
      `import type { I${kind} } from '${importOf(kind)}'; export const it${at}: I${kind} = ${JSON.stringify(manifest)};`;
    try {
      manifests.forEach((manifest, at) =>
        writeFileSync(join(dir, `${at}.ts`), typed(manifest, manifest.kind, at)),
      );
      const config = { extends: '../../../tsconfig.json', include: ['*.ts'] };
      writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
      const compile = (): string => {
        try {
          return execFileSync(join(projectDir, 'node_modules/.bin/tsc'), ['-p', dir], { encoding: 'utf8' });
        } catch (error) {
          return (error as { readonly stdout: string }).stdout;
        }
      };
      expect(compile()).toBe('');
      const first = manifests.find(({ kind }) => kind === 'ScaledObject');
      writeFileSync(
        join(dir, '0.ts'),
        typed({ ...first, spec: { ...first?.spec, minReplicas: 1 } }, 'ScaledObject', 0),
      );
      expect(compile()).toMatch(/minReplicas.* does not exist/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('is one set: what kustomize reads is there, and KEDA scales the workers', () => {
    const { resources, configMapGenerator } = parse(textOf('kustomization.yaml')) as {
      readonly resources: readonly string[];
      readonly configMapGenerator: readonly { readonly files: readonly string[] }[];
    };
    for (const file of [...resources, ...configMapGenerator.flatMap((each) => each.files)])
      expect(existsSync(join(folder, file))).toBe(true);
    const scaled = manifests.find(({ kind }) => kind === 'ScaledObject');
    const names = manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
    expect(names).toEqual([scaled?.spec.scaleTargetRef?.name]);
  });
});

function importOf(kind: string): string {
  if (/Scaled|Trigger/.test(kind)) return `@kubernetes-models/keda/keda.sh/v1alpha1/${kind}`;
  const group = { Job: 'batch/', Deployment: 'apps/', StatefulSet: 'apps/' }[kind] ?? '';
  return `kubernetes-models/${group}v1/${kind}`;
}

interface ComposeService {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | null>>;
}

const compose = parse(textOf('compose.yaml')) as {
  readonly services: Readonly<Record<string, ComposeService>>;
};

describe('compose', () => {
  // The schema of https://github.com/compose-spec, as dclint has it.
  const schema = readFileSync(join(projectDir, 'node_modules/dclint/schemas/compose.schema.json'), 'utf8');
  const { $schema: _draft, ...rest } = JSON.parse(schema) as Record<string, unknown>;
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  const check = ajv.compile(rest);

  it('has the keys and values that the schema wants', () => {
    check(compose);
    expect(check.errors).toBeNull();
    expect(check({ services: { worker: { imagee: 'dd' } } })).toBe(false);
  });
});

interface Container {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const PASSWORD = 'secret-of-the-queue';

/** A container of the compose file, with the variables that compose fills in. */
function ofCompose(name: string): Container {
  const service = compose.services[name];
  const fill = (text: string): string =>
    text.replaceAll(/\$\$|\$\{REDIS_PASSWORD[^}]*\}/g, (found) => (found === '$$' ? '$' : PASSWORD));
  const env = Object.entries(service?.environment ?? {}).map(([key, value]) => [key, fill(value ?? 'k')]);
  return { command: (service?.command ?? []).map(fill), env: Object.fromEntries(env) as Container['env'] };
}

/** A container of a manifest, with the variables that Kubernetes fills in. */
function ofKubernetes(kind: string, name: string): Container {
  const manifest = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  const container = manifest?.spec.template?.spec.containers[0];
  const env = (container?.env ?? []).map(({ name: key, value }) => [
    key,
    value?.replace('$(REDIS_PASSWORD)', PASSWORD) ?? (key === 'REDIS_PASSWORD' ? PASSWORD : 'k'),
  ]);
  return { command: container?.command ?? [], env: Object.fromEntries(env) as Container['env'] };
}

describe('the commands of the containers make the dataset', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  it.each([
    ['compose', ofCompose('redis'), ofCompose('coordinator'), ofCompose('worker')],
    [
      'Kubernetes',
      ofKubernetes('StatefulSet', 'queue'),
      ofKubernetes('Job', 'coordinator'),
      ofKubernetes('Deployment', 'workers'),
    ],
  ])('%s', async (_name, queue, coordinator, worker) => {
    const [workspace, server, port] = await Promise.all([createWorkspace(), startModelServer(), freePort()]);
    cleanups.push(workspace.remove, server.close);
    await mkdir(workspace.path('recipe'));
    await mkdir(workspace.path('redis'));
    for (const file of ['recipe.yaml', 'seed.jsonl'])
      await cp(join(folder, file), workspace.path('recipe', file));

    const here = (text: string): string =>
      text
        .replace('dir /data', `dir ${workspace.path('redis')}\nport ${port}\nbind 127.0.0.1`)
        .replace(/^\/work/, workspace.dir)
        .replace(/@(redis|queue):6379/, `@127.0.0.1:${port}`);
    const [shell = '', ...script] = queue.command.map(here);
    const redis = spawn(shell, script, { env: { ...process.env, ...queue.env } });
    cleanups.push(() => ended(redis));
    await new Promise<void>((resolve, reject) => {
      redis.on('exit', () => reject(new Error('Redis ended')));
      redis.stdout.on('data', (text: Buffer) => text.includes('Ready to accept') && resolve());
    });
    const start = ({ command, env }: Container): ReturnType<typeof workspace.start> => {
      const args = (command[0] === 'dd' ? command.slice(1) : command).map(here);
      const own = Object.entries(env).map(([key, value]) => [key, here(value)] as const);
      const program = workspace.start(args, { ...Object.fromEntries(own), OPENAI_BASE_URL: server.url });
      cleanups.push(() => program.kill('SIGKILL'));
      return program;
    };
    start(worker);
    const running = start(coordinator);
    const first = await server.next();

    // What KEDA asks: the size of the set while there is work, and none afterwards.
    const client = new Redis(port, '127.0.0.1', { password: PASSWORD });
    cleanups.push(() => client.disconnect());
    const scaled = manifests.find(({ kind }) => kind === 'ScaledObject');
    const key = scaled?.spec.triggers?.[0]?.metadata.listName ?? '';
    // The second of the two blocks may be on its way.
    expect([1, 2]).toContain(await client.scard(key));
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);

    server.handle((call) => call.reply('fine'));
    first.reply('fine');
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(await client.scard(key)).toBe(0);
    const rows = readFileSync(workspace.path('data/artifacts/reviews/data/part-00000.jsonl'), 'utf8');
    expect(rows.trim().split('\n')).toHaveLength(6);
  });
});

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
