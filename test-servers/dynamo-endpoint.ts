/** What a client needs to reach a DynamoDB server. */
export interface DynamoEndpoint {
  /** Refuses whatever could scan: a run in which anything tried fails. */
  readonly url: string;
  /** Refuses nothing: for a test that checks a whole table. */
  readonly directUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
