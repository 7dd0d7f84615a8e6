import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';

/** The addresses of a name; a function gets the number of the look-up, from 1, and may let it wait. */
export type Addresses = readonly string[] | ((lookup: number) => readonly string[] | Promise<readonly string[]>);

const [A, CNAME, AAAA] = [1, 5, 28];
const [NO_ERROR, NO_SUCH_NAME] = [0x8180, 0x8183];

/** A server of DNS over UDP (RFC 1035) on 127.0.0.1:53. Its answers may not be kept (TTL 0). */
export async function startNameServer(
  names: Readonly<Record<string, Addresses>>,
  aliases: Readonly<Record<string, string>>,
): Promise<AsyncDisposable> {
  const lookups = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', async (query, { address, port }) => socket.send(await answerTo(query), port, address));

  const addressesOf = async (name: string, type: number): Promise<readonly string[] | undefined> => {
    const addresses = names[name];
    if (typeof addresses !== 'function') return addresses;
    const lookup = (lookups.get(name) ?? 0) + (type === A ? 1 : 0);
    lookups.set(name, lookup);
    return type === A ? await addresses(lookup) : [];
  };

  async function answerTo(query: Buffer): Promise<Buffer> {
    const { name, end } = nameIn(query);
    const type = query.readUInt16BE(end);
    const alias = aliases[name];
    const addresses = await addressesOf(alias ?? name, type);
    const records = (addresses ?? [])
      .map((one) => Buffer.from(ipaddr.parse(one).toByteArray()))
      .filter(({ length }) => length === (type === AAAA ? 16 : 4) && (type === A || type === AAAA))
      .map((data) => record(alias === undefined ? POINTER : encoded(alias), type, data));
    const all = alias === undefined ? records : [record(POINTER, CNAME, encoded(alias)), ...records];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(addresses === undefined ? NO_SUCH_NAME : NO_ERROR, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(all.length, 6);
    return Buffer.concat([header, query.subarray(12, end + 4), ...all]);
  }

  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** To the name of the question. */
const POINTER = Buffer.from([0xc0, 12]);

function record(name: Buffer, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, fields, data]);
}

const encoded = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
