import { DescribeContinuousBackupsCommand, UpdateContinuousBackupsCommand } from '@aws-sdk/client-dynamodb';
import { type TableAspect, unlessMissing } from './table-target.ts';
import { waitWhile } from './update-table.ts';

/** Restores any second of the last 35 days. */
export const POINT_IN_TIME_RECOVERY: TableAspect = {
  name: 'point-in-time recovery',
  async check(target) {
    const { client, table } = target;
    const found = await unlessMissing(client.send(new DescribeContinuousBackupsCommand({ TableName: table })));
    const described = found?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    const isOn = described?.PointInTimeRecoveryStatus === 'ENABLED';
    const command = new UpdateContinuousBackupsCommand({
      TableName: table,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    return {
      kind: 'compared',
      difference: isOn ? [] : ['off -> on'],
      except: [],
      apply: () =>
        waitWhile(target, async () => {
          try {
            await client.send(command);
            return undefined;
          } catch (error) {
            // The state of a new table.
            if (!(error instanceof Error) || error.name !== 'ContinuousBackupsUnavailableException') throw error;
            return error.message;
          }
        }),
    };
  },
};
