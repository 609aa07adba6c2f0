import { Command } from 'commander';

export function dashboardsCommand(): Command {
  const build = new Command('build')
    .description(
      'write the dashboards as JSON and the alert rules as YAML, for Grafana to be provisioned with',
    )
    .option('--out <dir>', 'folder to write to', 'dashboards')
    .option('--check', 'write nothing; fail when a file differs from what would be written')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: { out: string; check?: boolean; json?: boolean }) =>
      (await import('./dashboards.js')).buildDashboards(flags),
    );
  return new Command('dashboards').description('Grafana dashboards and alert rules').addCommand(build);
}
