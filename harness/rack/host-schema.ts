import { z } from 'zod';

const name = z
  .string()
  .regex(/^[^\s/?#@[\]]+$/, 'a host is a name or an address, such as lab-3 or 192.168.0.7');

/** How a machine is reached over SSH. */
const sshSchema = {
  address: name.describe('Name or address for SSH.'),
  port: z.int().min(1).max(65_535).default(22).describe('Port of its SSH server.'),
  user: z.string().min(1).optional().describe('Default: the user who runs the command.'),
  identity_file: z
    .string()
    .optional()
    .describe('Private key file, ~ allowed; default: the keys of the SSH agent.'),
  known_hosts: z
    .array(z.string())
    .optional()
    .describe('Files of known host keys; default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.'),
};

/** A machine with boards of its own, on which the same tokenrack is installed. */
export const hostSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'an id is lower-case letters, digits and dashes')
    .describe('What boards name as their rack_host.'),
  ...sshSchema,
  jump: z.array(z.strictObject(sshSchema)).default([]).describe('Machines to go through, the nearest first.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .default(['tokenrack'])
    .describe('The command that starts tokenrack there: the program and its first arguments.'),
  state: z
    .string()
    .optional()
    .describe('Where it keeps its state there; default: as its own environment says.'),
});

export type RackHost = z.output<typeof hostSchema>;
export type SshTarget = Pick<RackHost, 'address' | 'port' | 'user' | 'identity_file' | 'known_hosts'>;
