/** The settings by which a client reaches an S3 server, with the bucket in the path. */
export interface S3Endpoint {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
