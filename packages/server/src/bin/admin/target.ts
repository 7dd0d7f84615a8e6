import { parseTarget } from '../../archive/target/address.ts';
import { openTarget } from '../../archive/target/open-target.ts';
import type { Target } from '../../archive/target/target.ts';
import { type Start, WrongUsage } from './command.ts';
export async function openNamedTarget(name: string, { config, secrets }: Start): Promise<Target> {
  const address = parseTarget(name);
  if (!address) throw new WrongUsage('target');
  const { target } = await openTarget(address, {
    own: { dataDir: config.dataDir, bucket: config.s3 },
    mode: 'existing',
    s3: {
      region: config.s3?.region ?? 'us-east-1',
      endpoint: config.s3?.endpoint ?? null,
      credentials: secrets.awsKeys,
      caBundle: null,
    },
  });
  return target;
}
