import { spawnSync } from 'node:child_process';

/** What Python's `ipaddress` says about a network and whether an address is in it. */
export interface PythonVerdict {
  readonly text: string;
  readonly hostBitsSet: boolean;
  /** The bounds in hexadecimal. */
  readonly first: string;
  readonly last: string;
  readonly contains: boolean;
}

const SCRIPT = `
import ipaddress, json, sys
verdicts = []
for text, address in json.load(sys.stdin):
    network = ipaddress.ip_network(text, strict=False)
    try:
        ipaddress.ip_network(text, strict=True)
        host_bits_set = False
    except ValueError:
        host_bits_set = True
    verdicts.append({
        'text': network.with_prefixlen,
        'hostBitsSet': host_bits_set,
        'first': '%x' % int(network[0]),
        'last': '%x' % int(network[-1]),
        'contains': ipaddress.ip_address(address) in network,
    })
json.dump(verdicts, sys.stdout)
`;

/** Asks Python about pairs of a network and an address; `null` on a machine without it. */
export function askPython(pairs: readonly (readonly [string, string])[]): readonly PythonVerdict[] | null {
  const python = spawnSync('python3', ['-c', SCRIPT], {
    input: JSON.stringify(pairs),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (python.error !== undefined && 'code' in python.error && python.error.code === 'ENOENT') return null;
  if (python.status !== 0) throw new Error(`python3 failed: ${python.stderr}`, { cause: python.error });
  return JSON.parse(python.stdout) as PythonVerdict[];
}
