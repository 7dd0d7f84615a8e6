/** The settings by which a client reaches a DynamoDB server. */
export interface DynamoEndpoint {
  /** Refuses requests that could scan: a run that tried one fails. */
  readonly url: string;
  /** Refuses nothing, for a test that checks a whole table. */
  readonly directUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
