import { describeTable, type TableAspect } from './table-target.ts';
import { updateTable } from './update-table.ts';

export const DELETION_PROTECTION: TableAspect = {
  name: 'deletion protection',
  async check(target) {
    const isOn = (await describeTable(target))?.DeletionProtectionEnabled === true;
    return {
      kind: 'compared',
      difference: isOn ? [] : ['off -> on'],
      except: [],
      apply: () => updateTable(target, { DeletionProtectionEnabled: true }),
    };
  },
};
