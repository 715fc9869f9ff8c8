/**
 * Secrets that were never in use. They are put together here, so that no scanner mistakes this file for a leak.
 */
export interface Planted {
  readonly kind: string;
  /** As it would be in a text. */
  readonly text: string;
  /** What must be gone. */
  readonly secret: string;
}

const MIXED = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zZ';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const UPPER = 'QWERTZ2345ASDFGYXCVBNM67';
const HEX = '0123456789abcdef';

/** Looks random, is the same every time. */
function made(length: number, alphabet = MIXED): string {
  return Array.from({ length }, (_, at) => alphabet[(at * 7 + 3 * (at >> 3)) % alphabet.length]).join('');
}

const token = (kind: string, ...parts: readonly string[]): Planted => {
  const secret = parts.join('');
  return { kind, text: secret, secret };
};
const after = (kind: string, before: string, secret: string, behind = ''): Planted => ({
  kind,
  text: before + secret + behind,
  secret,
});

const PEM_LINES = [made(64), made(63), made(30)].join('\n');

export const PLANTED: readonly Planted[] = [
  token('aws-access-token', 'AK', 'IA', made(16, UPPER)),
  after('secret', 'aws_secret_access_key = ', `${made(20)}/${made(19)}`),
  token('gcp-api-key', 'AI', 'za', made(35)),
  token('github-pat', 'gh', 'p_', made(36)),
  token('github-fine-grained-pat', 'github', '_pat_', made(82)),
  token('gitlab-pat', 'gl', 'pat-', made(20)),
  token('slack-bot-token', 'xo', 'xb-', '123456789012-123456789012-', made(24)),
  token('npm-access-token', 'np', 'm_', made(36)),
  after('secret', '//registry.example.org/:_authToken=', made(36)),
  token('openai-api-key', 'sk', '-proj-', made(74), 'T3Blbk', 'FJ', made(74)),
  token('anthropic-api-key', 'sk', '-ant-api03-', made(93), 'AA'),
  token('anthropic-api-key', 'sk', '-ant-oat01-', made(60)),
  token('openrouter-api-key', 'sk', '-or-v1-', made(64, HEX)),
  token('nvidia-api-key', 'nv', 'api-', made(64)),
  token('huggingface-access-token', 'h', 'f_', made(34, LETTERS)),
  token('groq-api-key', 'gs', 'k_', made(52)),
  token('stripe-access-token', 'sk', '_live_', made(24)),
  token('sendgrid-api-token', 'S', 'G.', made(22), '.', made(43)),
  token('jwt', 'ey', 'JhbGciOiJIUzI1NiJ9', '.ey', 'JzdWIiOiIxMjM0NTY3ODkwIn0', '.', made(43)),
  after('bearer-token', 'Authorization: Bearer ', made(40)),
  after('basic-auth', 'Authorization: Basic ', Buffer.from(`ada:${made(9)}`).toString('base64')),
  after('url-password', 'postgres://ada:', made(10), '@db.internal:5432/app'),
  after('url-password', 'https://ada:', `p@${made(8)}`, '@git.internal/app.git'),
  after('curl-password', 'curl -u ada:', made(10), ' https://api.internal'),
  after('password', 'DB_PASSWORD=', 'Tr0ub4dor&3'),
  after('password', 'mysql --password ', 'S3cr3tPassw0rd'),
  after('password', "password: '", 'hunter2-hunter2', "'"),
  after('secret', '"client_secret": "', made(32), '"'),
  after('secret', 'export API_TOKEN=', made(40, HEX)),
  token('private-key', `-----BEGIN RSA PRIVATE`, ` KEY-----\n${PEM_LINES}\n-----END RSA PRIVATE KEY-----`),
];

/** Parts of a secret that would give it away: itself, as JSON text has it, and its lines. */
export function tracesOf({ secret }: Planted): readonly string[] {
  const lines = secret.split('\n').filter((line) => !line.startsWith('-----'));
  return [secret, JSON.stringify(secret).slice(1, -1), ...lines];
}
