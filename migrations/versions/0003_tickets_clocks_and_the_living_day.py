"""Tickets, clocks, promises and the living day"""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('partners',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('shift_cents', sa.Integer(), nullable=False),
    sa.Column('travel_cents_per_hour', sa.Integer(), nullable=False),
    sa.Column('work_cents_per_hour', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('shift_cents >= 0 AND travel_cents_per_hour >= 0 AND work_cents_per_hour >= 0', name=op.f('ck_partners_rates_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partners')),
    sa.UniqueConstraint('code', name=op.f('uq_partners_code'))
    )
    op.create_table('price_lists',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('call_out_cents', sa.Integer(), nullable=False),
    sa.Column('labour_cents_per_hour', sa.Integer(), nullable=False),
    sa.Column('labour_step_minutes', sa.Integer(), nullable=False),
    sa.Column('travel_cents_per_km', sa.Integer(), nullable=False),
    sa.Column('parts_markup_percent', sa.Integer(), nullable=False),
    sa.Column('urgent_percent', sa.Integer(), nullable=False),
    sa.Column('tax_percent', sa.Integer(), nullable=False),
    sa.CheckConstraint('call_out_cents >= 0 AND labour_cents_per_hour >= 0 AND travel_cents_per_km >= 0 AND parts_markup_percent >= 0 AND urgent_percent >= 0', name=op.f('ck_price_lists_prices_not_negative')),
    sa.CheckConstraint('labour_step_minutes > 0', name=op.f('ck_price_lists_step_positive')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_lists')),
    sa.UniqueConstraint('code', name=op.f('uq_price_lists_code'))
    )
    op.create_table('territories',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_territories')),
    sa.UniqueConstraint('code', name=op.f('uq_territories_code'))
    )
    op.create_table('attachments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('size >= 0', name=op.f('ck_attachments_size_not_negative')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_attachments_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments'))
    )
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachments_sha256'), ['sha256'], unique=False)

    op.create_table('fault_alarms',
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('fault_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_codes.id'], name=op.f('fk_fault_alarms_fault_id_fault_codes'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_fault_alarms'))
    )
    with op.batch_alter_table('fault_alarms', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_fault_alarms_fault_id'), ['fault_id'], unique=False)

    op.create_table('fault_causes',
    sa.Column('fault_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name_en', sa.String(length=160), nullable=False),
    sa.Column('name_zh', sa.String(length=160), nullable=False),
    sa.Column('probability', sa.Integer(), nullable=False),
    sa.CheckConstraint('probability BETWEEN 0 AND 100', name=op.f('ck_fault_causes_probability_in_range')),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_codes.id'], name=op.f('fk_fault_causes_fault_id_fault_codes'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('fault_id', 'key', name=op.f('pk_fault_causes'))
    )
    op.create_table('fault_steps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fault_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=30), nullable=False),
    sa.Column('text_en', sa.String(length=300), nullable=False),
    sa.Column('text_zh', sa.String(length=300), nullable=False),
    sa.Column('on_yes', sa.String(length=40), nullable=False),
    sa.Column('on_no', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_codes.id'], name=op.f('fk_fault_steps_fault_id_fault_codes'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fault_steps')),
    sa.UniqueConstraint('fault_id', 'key', name=op.f('uq_fault_steps_fault_id_key'))
    )
    op.create_table('absences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Enum('sick', 'leave', 'training', 'day_off', 'other', name='absencereason', native_enum=False, length=20), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('noted_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_absences_absence_in_order')),
    sa.ForeignKeyConstraint(['noted_by_id'], ['users.id'], name=op.f('fk_absences_noted_by_id_users')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_absences_technician_id_technicians'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absences'))
    )
    with op.batch_alter_table('absences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_absences_technician_id'), ['technician_id'], unique=False)

    op.create_table('customer_preferences',
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('preference', sa.Enum('preferred', 'excluded', name='preference', native_enum=False, length=20), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_customer_preferences_customer_id_customers'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_customer_preferences_technician_id_technicians'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('customer_id', 'technician_id', name=op.f('pk_customer_preferences'))
    )
    op.create_table('plan_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('from_state', sa.Enum('draft', 'published', 'superseded', 'discarded', name='planstate', native_enum=False, length=20), nullable=True),
    sa.Column('to_state', sa.Enum('draft', 'published', 'superseded', 'discarded', name='planstate', native_enum=False, length=20), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_events_plan_id_plans'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_plan_events_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_events'))
    )
    with op.batch_alter_table('plan_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_events_plan_id'), ['plan_id'], unique=False)

    op.create_table('positions',
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('accuracy', sa.Double(), nullable=True),
    sa.CheckConstraint('lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180', name=op.f('ck_positions_on_earth')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_positions_technician_id_technicians'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('technician_id', name=op.f('pk_positions'))
    )
    op.create_table('technician_territories',
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_technician_territories_technician_id_technicians'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['territory_id'], ['territories.id'], name=op.f('fk_technician_territories_territory_id_territories'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('technician_id', 'territory_id', name=op.f('pk_technician_territories'))
    )
    op.create_table('weekly_patterns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('hours', sa.JSON(), nullable=False),
    sa.Column('break_minutes', sa.Integer(), nullable=False),
    sa.Column('break_earliest', sa.String(length=5), nullable=True),
    sa.Column('break_latest', sa.String(length=5), nullable=True),
    sa.Column('overtime_minutes', sa.Integer(), nullable=False),
    sa.Column('holidays', sa.String(length=2), nullable=True),
    sa.CheckConstraint('(break_earliest IS NULL) = (break_latest IS NULL)', name=op.f('ck_weekly_patterns_break_whole')),
    sa.CheckConstraint('break_minutes >= 0 AND overtime_minutes >= 0', name=op.f('ck_weekly_patterns_lengths_not_negative')),
    sa.CheckConstraint('valid_until >= valid_from', name=op.f('ck_weekly_patterns_pattern_in_order')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_weekly_patterns_technician_id_technicians'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weekly_patterns')),
    sa.UniqueConstraint('technician_id', 'valid_from', name=op.f('uq_weekly_patterns_technician_id_valid_from'))
    )
    with op.batch_alter_table('weekly_patterns', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_weekly_patterns_technician_id'), ['technician_id'], unique=False)

    op.create_table('maintenance_plans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('device_id', sa.Integer(), nullable=True),
    sa.Column('model', sa.String(length=60), nullable=True),
    sa.Column('kind', sa.Enum('repair', 'installation', 'swap', 'collection', 'maintenance', 'upgrade', 'training', 'data_recovery', name='jobkind', native_enum=False, length=20), nullable=False),
    sa.Column('priority', sa.Enum('P1', 'P2', 'P3', 'P4', name='priority', native_enum=False, length=20), nullable=False),
    sa.Column('rule', sa.String(length=200), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('ahead_days', sa.Integer(), nullable=False),
    sa.Column('tolerance_days', sa.Integer(), nullable=False),
    sa.Column('duration_seconds', sa.Integer(), nullable=False),
    sa.Column('skills', sa.JSON(), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.Column('problem', sa.JSON(), nullable=True),
    sa.CheckConstraint('ahead_days >= 0 AND tolerance_days >= 0', name=op.f('ck_maintenance_plans_days_not_negative')),
    sa.CheckConstraint('duration_seconds > 0', name=op.f('ck_maintenance_plans_duration_positive')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['users.id'], name=op.f('fk_maintenance_plans_changed_by_id_users')),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_maintenance_plans_contract_id_contracts')),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_maintenance_plans_device_id_devices')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_maintenance_plans_site_id_sites')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_maintenance_plans')),
    sa.UniqueConstraint('code', name=op.f('uq_maintenance_plans_code'))
    )
    with op.batch_alter_table('maintenance_plans', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_maintenance_plans_contract_id'), ['contract_id'], unique=False)

    op.create_table('clock_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('clock', sa.Enum('response', 'resolution', name='clockkind', native_enum=False, length=20), nullable=False),
    sa.Column('sign', sa.Enum('started', 'paused', 'resumed', 'reset', 'half', 'three_quarters', 'nine_tenths', 'breached', 'met', 'missed', name='clocksign', native_enum=False, length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('due_was', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_clock_events_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_clock_events_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_events'))
    )
    with op.batch_alter_table('clock_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clock_events_job_id'), ['job_id'], unique=False)
        batch_op.create_index('uq_clock_events_warning', ['job_id', 'clock', 'sign', 'due'], unique=True, sqlite_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"), postgresql_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"))

    op.create_table('clock_pauses',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('customer_asked', 'no_access', 'customer_supplies', 'force_majeure', name='pausereason', native_enum=False, length=20), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('began_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('ended_at >= began_at', name=op.f('ck_clock_pauses_pause_in_order')),
    sa.ForeignKeyConstraint(['began_by_id'], ['users.id'], name=op.f('fk_clock_pauses_began_by_id_users')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['users.id'], name=op.f('fk_clock_pauses_ended_by_id_users')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_clock_pauses_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_pauses'))
    )
    with op.batch_alter_table('clock_pauses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clock_pauses_job_id'), ['job_id'], unique=False)
        batch_op.create_index('uq_clock_pauses_open', ['job_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('clock_watches',
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_clock_watches_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_clock_watches'))
    )
    with op.batch_alter_table('clock_watches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clock_watches_look_at'), ['look_at'], unique=False)

    op.create_table('day_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('urgent_job', 'cancellation', 'visit_started', 'visit_finished', 'visit_overruns', 'technician_absent', 'technician_late', 'part_missing', 'position', name='dayeventkind', native_enum=False, length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('technician_id', sa.Integer(), nullable=True),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_day_events_job_id_jobs')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_day_events_plan_id_plans')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_day_events_technician_id_technicians')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_day_events_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_events'))
    )
    with op.batch_alter_table('day_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_day_events_day'), ['day'], unique=False)
        batch_op.create_index(batch_op.f('ix_day_events_job_id'), ['job_id'], unique=False)

    op.create_table('job_files',
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachments.id'], name=op.f('fk_job_files_attachment_id_attachments')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_job_files_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id', 'attachment_id', name=op.f('pk_job_files'))
    )
    op.create_table('maintenance_jobs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('together_with_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_maintenance_jobs_device_id_devices')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_maintenance_jobs_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['plan_id'], ['maintenance_plans.id'], name=op.f('fk_maintenance_jobs_plan_id_maintenance_plans')),
    sa.ForeignKeyConstraint(['together_with_id'], ['jobs.id'], name=op.f('fk_maintenance_jobs_together_with_id_jobs')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_maintenance_jobs')),
    sa.UniqueConstraint('job_id', name=op.f('uq_maintenance_jobs_job_id')),
    sa.UniqueConstraint('plan_id', 'device_id', 'due_on', name=op.f('uq_maintenance_jobs_plan_id_device_id_due_on'))
    )
    with op.batch_alter_table('maintenance_jobs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_maintenance_jobs_device_id'), ['device_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_maintenance_jobs_plan_id'), ['plan_id'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('clock_warning', 'clock_breached', 'phone_conflict', 'promise_at_risk', 'part_missing', 'job_unplanned', name='noticekind', native_enum=False, length=20), nullable=False),
    sa.Column('role', sa.Enum('dispatcher', 'technician', 'warehouse', 'desk', 'manager', 'admin', name='rolename', native_enum=False, length=20), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('about', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['closed_by_id'], ['users.id'], name=op.f('fk_notices_closed_by_id_users')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_notices_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notices_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notices_job_id'), ['job_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notices_role'), ['role'], unique=False)
        batch_op.create_index('uq_notices_open', ['job_id', 'role', 'kind', 'about'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('uq_notices_open_without_job', ['role', 'kind', 'about'], unique=True, sqlite_where=sa.text('closed_at IS NULL AND job_id IS NULL'), postgresql_where=sa.text('closed_at IS NULL AND job_id IS NULL'))

    op.create_table('pins',
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('window_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('window_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('pinned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pinned_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(window_start IS NULL) = (window_end IS NULL)', name=op.f('ck_pins_window_whole')),
    sa.CheckConstraint('starts_at IS NULL OR window_start IS NULL', name=op.f('ck_pins_start_or_window')),
    sa.CheckConstraint('technician_id IS NOT NULL OR starts_at IS NOT NULL OR window_start IS NOT NULL', name=op.f('ck_pins_pins_something')),
    sa.CheckConstraint('window_end > window_start', name=op.f('ck_pins_window_in_order')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_pins_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['pinned_by_id'], ['users.id'], name=op.f('fk_pins_pinned_by_id_users')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_pins_technician_id_technicians')),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_pins'))
    )
    op.create_table('promises',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('open', 'kept', 'renegotiated', 'broken', 'withdrawn', name='promisestate', native_enum=False, length=20), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_promises_promise_in_order')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['users.id'], name=op.f('fk_promises_ended_by_id_users')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_promises_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['made_by_id'], ['users.id'], name=op.f('fk_promises_made_by_id_users')),
    sa.ForeignKeyConstraint(['told_by_id'], ['users.id'], name=op.f('fk_promises_told_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promises'))
    )
    with op.batch_alter_table('promises', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_promises_job_id'), ['job_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_promises_state'), ['state'], unique=False)
        batch_op.create_index('uq_promises_open', ['job_id'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('tickets',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('external_id', sa.String(length=60), nullable=True),
    sa.Column('channel', sa.Enum('phone', 'web', 'api', 'email', 'chat', 'alarm', name='channel', native_enum=False, length=20), nullable=False),
    sa.Column('state', sa.Enum('open', 'estimated', 'fixed_remotely', 'handed_over', 'closed', name='ticketstate', native_enum=False, length=20), nullable=False),
    sa.Column('reporter', sa.String(length=120), nullable=False),
    sa.Column('contact', sa.String(length=160), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('device_id', sa.Integer(), nullable=True),
    sa.Column('fault_id', sa.Integer(), nullable=True),
    sa.Column('priority', sa.Enum('P1', 'P2', 'P3', 'P4', name='priority', native_enum=False, length=20), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('alarm_code', sa.String(length=40), nullable=False),
    sa.Column('alarm_count', sa.Integer(), nullable=False),
    sa.Column('alarmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cover', sa.JSON(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('repeat_of_id', sa.Integer(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closing_note', sa.String(length=300), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'handed_over') = (job_id IS NOT NULL)", name=op.f('ck_tickets_handed_over')),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_tickets_device_id_devices')),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_codes.id'], name=op.f('fk_tickets_fault_id_fault_codes')),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_tickets_job_id_jobs')),
    sa.ForeignKeyConstraint(['repeat_of_id'], ['jobs.id'], name=op.f('fk_tickets_repeat_of_id_jobs')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_tickets_site_id_sites')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('external_id', name=op.f('uq_tickets_external_id')),
    sa.UniqueConstraint('job_id', name=op.f('uq_tickets_job_id')),
    sa.UniqueConstraint('number', name=op.f('uq_tickets_number'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tickets_device_id'), ['device_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_reported_at'), ['reported_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_state'), ['state'], unique=False)

    op.create_table('estimates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('offered', 'accepted', 'refused', 'replaced', 'expired', name='estimatestate', native_enum=False, length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('net_cents', sa.Integer(), nullable=False),
    sa.Column('tax_cents', sa.Integer(), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('offered_by_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=120), nullable=False),
    sa.CheckConstraint('net_cents >= 0 AND tax_cents >= 0', name=op.f('ck_estimates_amounts_not_negative')),
    sa.ForeignKeyConstraint(['offered_by_id'], ['users.id'], name=op.f('fk_estimates_offered_by_id_users')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_estimates_ticket_id_tickets'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_estimates')),
    sa.UniqueConstraint('number', name=op.f('uq_estimates_number'))
    )
    with op.batch_alter_table('estimates', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_estimates_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('field_conflicts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('command_id', sa.String(length=64), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=True),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=30), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('refusal', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('open', 'accepted', 'dismissed', name='conflictstate', native_enum=False, length=20), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_field_conflicts_job_id_jobs')),
    sa.ForeignKeyConstraint(['resolved_by_id'], ['users.id'], name=op.f('fk_field_conflicts_resolved_by_id_users')),
    sa.ForeignKeyConstraint(['technician_id'], ['technicians.id'], name=op.f('fk_field_conflicts_technician_id_technicians')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_field_conflicts_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_conflicts')),
    sa.UniqueConstraint('command_id', name=op.f('uq_field_conflicts_command_id'))
    )
    with op.batch_alter_table('field_conflicts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_conflicts_job_id'), ['job_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_conflicts_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_conflicts_technician_id'), ['technician_id'], unique=False)

    op.create_table('ticket_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=30), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_events_ticket_id_tickets'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_ticket_events_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_events'))
    )
    with op.batch_alter_table('ticket_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_events_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('ticket_files',
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachments.id'], name=op.f('fk_ticket_files_attachment_id_attachments')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_files_ticket_id_tickets'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_id', 'attachment_id', name=op.f('pk_ticket_files'))
    )
    op.create_table('ticket_trials',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('fault_id', sa.Integer(), nullable=False),
    sa.Column('step_key', sa.String(length=30), nullable=False),
    sa.Column('text_en', sa.String(length=300), nullable=False),
    sa.Column('text_zh', sa.String(length=300), nullable=False),
    sa.Column('answer', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_codes.id'], name=op.f('fk_ticket_trials_fault_id_fault_codes')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_trials_ticket_id_tickets'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_ticket_trials_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_trials'))
    )
    with op.batch_alter_table('ticket_trials', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_trials_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('visit_files',
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('photo', 'signature', 'document', name='filekind', native_enum=False, length=20), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachments.id'], name=op.f('fk_visit_files_attachment_id_attachments')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_files_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('visit_id', 'attachment_id', name=op.f('pk_visit_files'))
    )
    op.create_table('visit_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('part_id', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('serials', sa.JSON(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_visit_parts_quantity_positive')),
    sa.ForeignKeyConstraint(['part_id'], ['parts.id'], name=op.f('fk_visit_parts_part_id_parts')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_parts_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_parts'))
    )
    with op.batch_alter_table('visit_parts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visit_parts_part_id'), ['part_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_visit_parts_visit_id'), ['visit_id'], unique=False)

    with op.batch_alter_table('contracts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('starts_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('ends_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('covers_parts', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('covers_labour', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('covers_travel', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('price_list_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('warned_role', sa.String(length=20), nullable=False, server_default='dispatcher'))
        batch_op.add_column(sa.Column('breach_role', sa.String(length=20), nullable=False, server_default='manager'))
        batch_op.create_foreign_key(batch_op.f('fk_contracts_price_list_id_price_lists'), 'price_lists', ['price_list_id'], ['id'])

    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('fault_codes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('subject', sa.String(length=30), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('first_step', sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column('by_damage', sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table('fault_parts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('percent', sa.Integer(), nullable=False, server_default='100'))

    with op.batch_alter_table('job_events', schema=None) as batch_op:
        batch_op.add_column(sa.Column('facts', sa.JSON(), nullable=False, server_default='{}'))

    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('contract_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('response_seconds', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('resolution_seconds', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('repeat_of_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('cover', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.create_foreign_key(batch_op.f('fk_jobs_repeat_of_id_jobs'), 'jobs', ['repeat_of_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_jobs_contract_id_contracts'), 'contracts', ['contract_id'], ['id'])

    with op.batch_alter_table('plan_runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_day', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('most_changed_promises', sa.Integer(), nullable=True))

    with op.batch_alter_table('planned_routes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shift_version', sa.Integer(), nullable=False, server_default='1'))

    with op.batch_alter_table('plans', schema=None) as batch_op:
        batch_op.add_column(sa.Column('standing_cost', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('published_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('run_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('base_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_plans_run_id'), ['run_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_plans_published_by_id_users'), 'users', ['published_by_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_plans_base_id_plans'), 'plans', ['base_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_plans_run_id_plan_runs'), 'plan_runs', ['run_id'], ['id'], use_alter=True)

    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_exception', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))

    with op.batch_alter_table('sites', schema=None) as batch_op:
        batch_op.add_column(sa.Column('territory_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_sites_territory_id'), ['territory_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_sites_territory_id_territories'), 'territories', ['territory_id'], ['id'])

    with op.batch_alter_table('technician_skills', schema=None) as batch_op:
        batch_op.add_column(sa.Column('valid_until', sa.Date(), nullable=True))

    with op.batch_alter_table('technicians', schema=None) as batch_op:
        batch_op.add_column(sa.Column('partner_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('changed_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_technicians_changed_by_id_users'), 'users', ['changed_by_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_technicians_partner_id_partners'), 'partners', ['partner_id'], ['id'])

    with op.batch_alter_table('visits', schema=None) as batch_op:
        batch_op.add_column(sa.Column('expected_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('serial_out', sa.String(length=60), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('serial_in', sa.String(length=60), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('signed_by', sa.String(length=120), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('checklist', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('implied', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('needs', sa.JSON(), nullable=False, server_default='{}'))

    op.execute('UPDATE jobs SET contract_id = (SELECT contract_id FROM sites WHERE sites.id = jobs.site_id)')
    # The clocks of open jobs run already; the next sweep looks at all of them.
    op.execute(
        "INSERT INTO clock_watches (job_id, look_at) SELECT id, reported_at FROM jobs"
        " WHERE status NOT IN ('completed', 'cancelled')"
    )
    op.execute('UPDATE plan_runs SET last_day = day')
    # The windows that were told to customers become promises, as far as they are still to be kept.
    op.execute(
        sa.text(
            "INSERT INTO promises (job_id, starts_at, ends_at, state, made_at, reason)"
            " SELECT id, window_start, window_end, 'open', reported_at, '' FROM jobs"
            " WHERE window_start IS NOT NULL AND responded_at IS NULL AND status NOT IN ('completed', 'cancelled')"
        )
    )
    # Until now people alone wrote shifts.
    op.execute(sa.text('UPDATE shifts SET is_exception = true'))
    # The rows that were there have their values; new ones get theirs from the service.
    with op.batch_alter_table('contracts') as batch_op:
        batch_op.alter_column('covers_parts', server_default=None)
        batch_op.alter_column('covers_labour', server_default=None)
        batch_op.alter_column('covers_travel', server_default=None)
        batch_op.alter_column('warned_role', server_default=None)
        batch_op.alter_column('breach_role', server_default=None)
    with op.batch_alter_table('fault_codes') as batch_op:
        batch_op.alter_column('subject', server_default=None)
        batch_op.alter_column('by_damage', server_default=None)
    with op.batch_alter_table('fault_parts') as batch_op:
        batch_op.alter_column('percent', server_default=None)
    with op.batch_alter_table('job_events') as batch_op:
        batch_op.alter_column('facts', server_default=None)
    with op.batch_alter_table('jobs') as batch_op:
        batch_op.alter_column('cover', server_default=None)
        batch_op.alter_column('contract_id', existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table('planned_routes') as batch_op:
        batch_op.alter_column('shift_version', server_default=None)
    with op.batch_alter_table('shifts') as batch_op:
        batch_op.alter_column('is_exception', server_default=None)
        batch_op.alter_column('version', server_default=None)
    with op.batch_alter_table('technicians') as batch_op:
        batch_op.alter_column('version', server_default=None)
    with op.batch_alter_table('visits') as batch_op:
        batch_op.alter_column('serial_out', server_default=None)
        batch_op.alter_column('serial_in', server_default=None)
        batch_op.alter_column('signed_by', server_default=None)
        batch_op.alter_column('checklist', server_default=None)
        batch_op.alter_column('implied', server_default=None)
        batch_op.alter_column('needs', server_default=None)
    with op.batch_alter_table('plan_runs') as batch_op:
        batch_op.alter_column('last_day', existing_type=sa.Date(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('visits', schema=None) as batch_op:
        batch_op.drop_column('needs')
        batch_op.drop_column('implied')
        batch_op.drop_column('checklist')
        batch_op.drop_column('signed_by')
        batch_op.drop_column('serial_in')
        batch_op.drop_column('serial_out')
        batch_op.drop_column('expected_at')

    with op.batch_alter_table('technicians', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_technicians_changed_by_id_users'), type_='foreignkey')
        batch_op.drop_column('changed_by_id')
        batch_op.drop_column('changed_at')
        batch_op.drop_column('version')
        batch_op.drop_constraint(batch_op.f('fk_technicians_partner_id_partners'), type_='foreignkey')
        batch_op.drop_column('partner_id')

    with op.batch_alter_table('technician_skills', schema=None) as batch_op:
        batch_op.drop_column('valid_until')

    with op.batch_alter_table('sites', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_sites_territory_id_territories'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_sites_territory_id'))
        batch_op.drop_column('territory_id')

    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.drop_column('version')
        batch_op.drop_column('is_exception')

    with op.batch_alter_table('plans', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_plans_run_id_plan_runs'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_plans_base_id_plans'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_plans_published_by_id_users'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_plans_run_id'))
        batch_op.drop_column('standing_cost')
        batch_op.drop_column('base_id')
        batch_op.drop_column('run_id')
        batch_op.drop_column('published_by_id')

    with op.batch_alter_table('planned_routes', schema=None) as batch_op:
        batch_op.drop_column('shift_version')

    with op.batch_alter_table('plan_runs', schema=None) as batch_op:
        batch_op.drop_column('most_changed_promises')
        batch_op.drop_column('last_day')

    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_jobs_contract_id_contracts'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_jobs_repeat_of_id_jobs'), type_='foreignkey')
        batch_op.drop_column('cover')
        batch_op.drop_column('repeat_of_id')
        batch_op.drop_column('resolution_seconds')
        batch_op.drop_column('response_seconds')
        batch_op.drop_column('contract_id')

    with op.batch_alter_table('job_events', schema=None) as batch_op:
        batch_op.drop_column('facts')

    with op.batch_alter_table('fault_parts', schema=None) as batch_op:
        batch_op.drop_column('percent')

    with op.batch_alter_table('fault_codes', schema=None) as batch_op:
        batch_op.drop_column('by_damage')
        batch_op.drop_column('first_step')
        batch_op.drop_column('subject')

    with op.batch_alter_table('contracts', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_contracts_price_list_id_price_lists'), type_='foreignkey')
        batch_op.drop_column('breach_role')
        batch_op.drop_column('warned_role')
        batch_op.drop_column('price_list_id')
        batch_op.drop_column('covers_travel')
        batch_op.drop_column('covers_labour')
        batch_op.drop_column('covers_parts')
        batch_op.drop_column('ends_on')
        batch_op.drop_column('starts_on')

    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.drop_column('removed_at')

    with op.batch_alter_table('visit_parts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_visit_parts_visit_id'))
        batch_op.drop_index(batch_op.f('ix_visit_parts_part_id'))

    op.drop_table('visit_parts')
    op.drop_table('visit_files')
    with op.batch_alter_table('ticket_trials', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_trials_ticket_id'))

    op.drop_table('ticket_trials')
    op.drop_table('ticket_files')
    with op.batch_alter_table('ticket_events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_events_ticket_id'))

    op.drop_table('ticket_events')
    with op.batch_alter_table('field_conflicts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_conflicts_technician_id'))
        batch_op.drop_index(batch_op.f('ix_field_conflicts_state'))
        batch_op.drop_index(batch_op.f('ix_field_conflicts_job_id'))

    op.drop_table('field_conflicts')
    with op.batch_alter_table('estimates', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_estimates_ticket_id'))

    op.drop_table('estimates')
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tickets_state'))
        batch_op.drop_index(batch_op.f('ix_tickets_site_id'))
        batch_op.drop_index(batch_op.f('ix_tickets_reported_at'))
        batch_op.drop_index(batch_op.f('ix_tickets_device_id'))

    op.drop_table('tickets')
    with op.batch_alter_table('promises', schema=None) as batch_op:
        batch_op.drop_index('uq_promises_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.drop_index(batch_op.f('ix_promises_state'))
        batch_op.drop_index(batch_op.f('ix_promises_job_id'))

    op.drop_table('promises')
    op.drop_table('pins')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('uq_notices_open_without_job', sqlite_where=sa.text('closed_at IS NULL AND job_id IS NULL'), postgresql_where=sa.text('closed_at IS NULL AND job_id IS NULL'))
        batch_op.drop_index('uq_notices_open', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_notices_role'))
        batch_op.drop_index(batch_op.f('ix_notices_job_id'))
        batch_op.drop_index(batch_op.f('ix_notices_closed_at'))

    op.drop_table('notices')
    with op.batch_alter_table('maintenance_jobs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_maintenance_jobs_plan_id'))
        batch_op.drop_index(batch_op.f('ix_maintenance_jobs_device_id'))

    op.drop_table('maintenance_jobs')
    op.drop_table('job_files')
    with op.batch_alter_table('day_events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_day_events_job_id'))
        batch_op.drop_index(batch_op.f('ix_day_events_day'))

    op.drop_table('day_events')
    with op.batch_alter_table('clock_watches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clock_watches_look_at'))

    op.drop_table('clock_watches')
    with op.batch_alter_table('clock_pauses', schema=None) as batch_op:
        batch_op.drop_index('uq_clock_pauses_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_clock_pauses_job_id'))

    op.drop_table('clock_pauses')
    with op.batch_alter_table('clock_events', schema=None) as batch_op:
        batch_op.drop_index('uq_clock_events_warning', sqlite_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"), postgresql_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"))
        batch_op.drop_index(batch_op.f('ix_clock_events_job_id'))

    op.drop_table('clock_events')
    with op.batch_alter_table('maintenance_plans', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_maintenance_plans_contract_id'))

    op.drop_table('maintenance_plans')
    with op.batch_alter_table('weekly_patterns', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_weekly_patterns_technician_id'))

    op.drop_table('weekly_patterns')
    op.drop_table('technician_territories')
    op.drop_table('positions')
    with op.batch_alter_table('plan_events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_events_plan_id'))

    op.drop_table('plan_events')
    op.drop_table('customer_preferences')
    with op.batch_alter_table('absences', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_absences_technician_id'))

    op.drop_table('absences')
    op.drop_table('fault_steps')
    op.drop_table('fault_causes')
    with op.batch_alter_table('fault_alarms', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_fault_alarms_fault_id'))

    op.drop_table('fault_alarms')
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attachments_sha256'))

    op.drop_table('attachments')
    op.drop_table('territories')
    op.drop_table('price_lists')
    op.drop_table('partners')
