import { migrate, versionOf } from '../../../records/postgres/migrations.ts';
import { MIGRATIONS } from '../../../records/postgres/schema.ts';
import type { DatabaseAspect } from './database-target.ts';

export const SCHEMA: DatabaseAspect = {
  name: 'schema',
  async check({ postgres }) {
    const version = await versionOf(postgres);
    const isBehind = version < MIGRATIONS.length;
    return {
      kind: 'compared',
      difference: isBehind ? [`${version === 0 ? 'none' : `version ${version}`} -> version ${MIGRATIONS.length}`] : [],
      except: [],
      apply: () => migrate(postgres, MIGRATIONS),
    };
  },
};
