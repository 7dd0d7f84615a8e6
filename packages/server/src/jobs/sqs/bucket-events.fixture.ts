/** Bucket events for tests, as the stores document them. */
export interface SampleEvent {
  readonly bucket?: string;
  /** As the store writes it. */
  readonly key?: unknown;
  readonly eventName?: unknown;
  readonly eventVersion?: unknown;
}

/** "Event message structure", Amazon S3 User Guide. */
export const amazonRecord = ({
  bucket = 'images',
  key,
  eventName = 'ObjectCreated:Put',
  eventVersion = '2.1',
}: SampleEvent) => ({
  eventVersion,
  eventSource: 'aws:s3',
  awsRegion: 'us-west-2',
  eventTime: '1970-01-01T00:00:00.000Z',
  eventName,
  userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
  requestParameters: { sourceIPAddress: '127.0.0.1' },
  responseElements: {
    'x-amz-request-id': 'C3D13FE58DE4C810',
    'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S',
  },
  s3: {
    s3SchemaVersion: '1.0',
    configurationId: 'testConfigRule',
    bucket: { name: bucket, ownerIdentity: { principalId: 'A3NL1KOZZKExample' }, arn: `arn:aws:s3:::${bucket}` },
    object: {
      key,
      size: 1024,
      eTag: 'd41d8cd98f00b204e9800998ecf8427e',
      versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
      sequencer: '0055AED6DCD90281E5',
    },
  },
});

/** "Event record", Ceph's "S3 Bucket Notifications Compatibility": the key is not encoded. */
export const cephRecord = (sample: SampleEvent) => {
  const { s3, ...record } = amazonRecord(sample);
  const [id, metadata] = ['43eb62a0-1ee3-4a54-a5a1-8a7d5a6d7c2a.4155.1', [{ key: 'x-amz-meta-a', val: '1' }]];
  return {
    ...record,
    eventVersion: '2.2',
    eventSource: 'ceph:s3',
    s3: { ...s3, bucket: { ...s3.bucket, id }, object: { ...s3.object, metadata, tags: [] } },
    eventId: '1575221657.102001.80dad3aad8584778352c68ab06250327',
    opaqueData: '',
  };
};

/** Amazon's test event when a notification is configured. */
export const AMAZON_TEST_EVENT = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2014-10-13T15:57:02.089Z',
  Bucket: 'images',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
};

/** "Amazon SNS message and JSON formats". */
export const snsEnvelope = (event: unknown) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-west-2:123456789012:uploads',
  Subject: 'Amazon S3 Notification',
  Message: JSON.stringify(event),
  Timestamp: '2012-05-02T00:54:06.655Z',
  SignatureVersion: '1',
});

/** "EventBridge event message structure", Amazon S3 User Guide: the key is not encoded. */
export const eventBridgeEvent = ({ bucket = 'images', key, eventName = 'Object Created' }: SampleEvent) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': eventName,
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: [`arn:aws:s3:::${bucket}`],
  detail: {
    version: '0',
    bucket: { name: bucket },
    object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
    reason: 'PutObject',
  },
});

/** Encodes like Java's URLEncoder, except for slashes: "red flower.jpg" becomes "red+flower.jpg". */
export const formEncoded = (key: string): string =>
  encodeURIComponent(key)
    .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');
