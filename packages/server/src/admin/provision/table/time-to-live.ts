import { DescribeTimeToLiveCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../../domain/errors.ts';
import { TTL_ATTRIBUTE } from '../../../records/dynamodb/schema.ts';
import { type TableAspect, unlessMissing } from './table-target.ts';

export const TIME_TO_LIVE: TableAspect = {
  name: 'time to live',
  async check({ client, table }) {
    const found = await unlessMissing(client.send(new DescribeTimeToLiveCommand({ TableName: table })));
    const { TimeToLiveStatus: status = 'DISABLED', AttributeName: is } = found?.TimeToLiveDescription ?? {};
    const isOn = status === 'ENABLED' || status === 'ENABLING';
    if (isOn && is !== TTL_ATTRIBUTE) {
      throw new AppError(
        'unavailable',
        `Time to live of the table ${table} is by ${is}, expected ${TTL_ATTRIBUTE}: switch it off (aws dynamodb update-time-to-live), and run npm run admin -- provision an hour later`,
      );
    }
    return {
      kind: 'compared',
      difference: isOn ? [] : [`off -> by ${TTL_ATTRIBUTE}`],
      except: [],
      apply: () =>
        client.send(
          new UpdateTimeToLiveCommand({
            TableName: table,
            TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
          }),
        ),
    };
  },
};
