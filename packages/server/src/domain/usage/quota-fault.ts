/** Why an upload doesn't fit into a quota: `used`, `reserved` and `asked` together exceed `max`. */
export interface QuotaFault {
  readonly limit: 'bytes' | 'images' | 'pending';
  readonly max: number;
  readonly used: number;
  readonly reserved: number;
  readonly asked: number;
}
