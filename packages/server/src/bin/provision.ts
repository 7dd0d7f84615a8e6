import { existsSync } from 'node:fs';
import { ConfigError, loadConfig } from '../config.ts';
import { originsOf } from '../provision/cors.ts';
import { policiesFor } from '../provision/policies.ts';
import { provision } from '../provision/provision.ts';
import { report } from '../provision/report.ts';

const HELP = `Makes the bucket of S3_BUCKET what it should be, and prints the IAM policies of those who use it. Run it as often as you like.
Usage: npm run provision [-- --dry-run | --policies]

  --dry-run   prints what would be changed, and changes nothing
  --policies  prints the policies only`;

const FLAGS = ['--dry-run', '--policies', '--help'];

async function run(flags: readonly string[]): Promise<void> {
  const unknown = flags.find((flag) => !FLAGS.includes(flag));
  if (unknown !== undefined) throw new Error(`expected ${FLAGS.join(', ')}; came ${unknown}`);
  if (flags.includes('--help')) return console.log(HELP);

  if (existsSync('.env')) process.loadEnvFile('.env');
  const { config, secrets } = loadConfig(process.env);
  const { s3 } = config;
  if (s3 === null) throw new Error('There is no bucket: set S3_BUCKET');
  const policies = policiesFor(s3.bucket, s3.region);
  if (flags.includes('--policies')) return console.log(JSON.stringify(policies, null, 2));

  const mode = flags.includes('--dry-run') ? 'dry-run' : 'apply';
  const outcomes = await provision({ s3, awsKeys: secrets.awsKeys, origins: originsOf(config), mode });
  console.log(`The bucket ${s3.bucket} at ${s3.endpoint ?? `Amazon S3 in ${s3.region}`}\n${report(outcomes, mode)}`);
  for (const [name, policy] of Object.entries(policies)) {
    console.log(`\nThe IAM policy of the ${name}:\n${JSON.stringify(policy, null, 2)}`);
  }
}

function sentence(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is wrong:\n${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return 'detail' in error && typeof error.detail === 'string' ? error.detail : error.message;
}

await run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(sentence(error));
  process.exitCode = 1;
});
