"""The pages of the records on one screen."""

from __future__ import annotations

from django.urls import path

from .views import (
    access,
    access_batches,
    all_access,
    batches,
    bulk,
    bulk_answering,
    bulk_steps,
    contacts,
    contracts,
    customers,
    exceptions,
    follow_ups,
    granting,
    granting_many,
    importing,
    importing_columns,
    importing_load,
    importing_rows,
    notice_rules,
    notices,
    opportunities,
    reasons,
    requests,
    review,
    rules,
    suggesting,
)

app_name = "records"

# lists
urlpatterns: list = [
    path("customers/", customers.customer_list, name="customer_list"),
    path("opportunities/", opportunities.opportunity_list, name="opportunity_list"),
    path("follow-ups/", follow_ups.follow_up_list, name="follow_up_list"),
    path("follow-ups/<int:pk>/done/", follow_ups.follow_up_done, name="follow_up_done"),
    path("contracts/", contracts.contract_list, name="contract_list"),
]

# new records, the customer's page, contacts, owner and importance, archive
urlpatterns += [
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("people/suggest/", suggesting.holder_suggest, name="holder_suggest"),
    path("customers/suggest/", suggesting.customer_suggest, name="customer_suggest"),
    path("customers/<int:pk>/", customers.customer_detail, name="customer_detail"),
    path("opportunities/new/", opportunities.opportunity_new, name="opportunity_new"),
    path("opportunities/suggest/", suggesting.opportunity_suggest, name="opportunity_suggest"),
    path("follow-ups/new/", follow_ups.follow_up_new, name="follow_up_new"),
    path("contracts/new/", contracts.contract_new, name="contract_new"),
    path("customers/<int:pk>/contacts/new/", contacts.contact_new, name="contact_new"),
    path("contacts/<int:pk>/", contacts.contact_update, name="contact_update"),
    path("contacts/<int:pk>/archive/", contacts.contact_archive, name="contact_archive"),
    path("customers/<int:pk>/assign/", customers.customer_assign, name="customer_assign"),
    path("customers/<int:pk>/archive/", customers.customer_archive, name="customer_archive"),
    path("customers/<int:pk>/restore/", customers.customer_restore, name="customer_restore"),
    path("customers/<int:pk>/importance/", customers.customer_importance, name="customer_importance"),
    path("customers/<int:pk>/part-of/", customers.customer_part_of, name="customer_part_of"),
    path("opportunities/<int:pk>/assign/", opportunities.opportunity_assign, name="opportunity_assign"),
    path("opportunities/<int:pk>/archive/", opportunities.opportunity_archive, name="opportunity_archive"),
    path("opportunities/<int:pk>/restore/", opportunities.opportunity_restore, name="opportunity_restore"),
    path("opportunities/<int:pk>/parent/", opportunities.opportunity_parent, name="opportunity_parent"),
    path("follow-ups/<int:pk>/assign/", follow_ups.follow_up_assign, name="follow_up_assign"),
    path("follow-ups/<int:pk>/archive/", follow_ups.follow_up_archive, name="follow_up_archive"),
    path("follow-ups/<int:pk>/restore/", follow_ups.follow_up_restore, name="follow_up_restore"),
    path("follow-ups/<int:pk>/parent/", follow_ups.follow_up_parent, name="follow_up_parent"),
    path("contracts/<int:pk>/assign/", contracts.contract_assign, name="contract_assign"),
    path("contracts/<int:pk>/archive/", contracts.contract_archive, name="contract_archive"),
    path("contracts/<int:pk>/restore/", contracts.contract_restore, name="contract_restore"),
    path("contracts/<int:pk>/parent/", contracts.contract_parent, name="contract_parent"),
]

# edit pages, the entry time, history
urlpatterns += [
    path("customers/<int:pk>/edit/", customers.customer_update, name="customer_update"),
    path("customers/<int:pk>/entry-time/", customers.customer_entry_time, name="customer_entry_time"),
    path("customers/<int:pk>/undo/<int:history_id>/", customers.customer_undo, name="customer_undo"),
    path("customers/<int:pk>/history/", customers.customer_history, name="customer_history"),
    path("opportunities/<int:pk>/", opportunities.opportunity_update, name="opportunity_update"),
    path("opportunities/<int:pk>/entry-time/", opportunities.opportunity_entry_time, name="opportunity_entry_time"),
    path("opportunities/<int:pk>/undo/<int:history_id>/", opportunities.opportunity_undo, name="opportunity_undo"),
    path("opportunities/<int:pk>/history/", opportunities.opportunity_history, name="opportunity_history"),
    path("follow-ups/<int:pk>/", follow_ups.follow_up_update, name="follow_up_update"),
    path("follow-ups/<int:pk>/entry-time/", follow_ups.follow_up_entry_time, name="follow_up_entry_time"),
    path("follow-ups/<int:pk>/undo/<int:history_id>/", follow_ups.follow_up_undo, name="follow_up_undo"),
    path("follow-ups/<int:pk>/history/", follow_ups.follow_up_history, name="follow_up_history"),
    path("contracts/<int:pk>/", contracts.contract_update, name="contract_update"),
    path("contracts/<int:pk>/entry-time/", contracts.contract_entry_time, name="contract_entry_time"),
    path("contracts/<int:pk>/undo/<int:history_id>/", contracts.contract_undo, name="contract_undo"),
    path("contracts/<int:pk>/history/", contracts.contract_history, name="contract_history"),
]

# access
urlpatterns += [
    path("customers/<int:pk>/access/", customers.customer_access, name="customer_access"),
    path("opportunities/<int:pk>/access/", opportunities.opportunity_access, name="opportunity_access"),
    path("follow-ups/<int:pk>/access/", follow_ups.follow_up_access, name="follow_up_access"),
    path("contracts/<int:pk>/access/", contracts.contract_access, name="contract_access"),
    path("access/", all_access.all_access, name="all_access"),
    path("access/person/", all_access.access_person, name="access_person"),
    path("access/record/", all_access.access_record, name="access_record"),
    path("access/check/", all_access.access_check, name="access_check"),
    path("access/many/<str:kind>/", granting_many.access_many, name="access_many"),
    path("access/batches/", access_batches.access_batches, name="access_batches"),
    path("access/batches/<int:pk>/", access_batches.access_batch, name="access_batch"),
    path("access/batches/<int:pk>/revoke/", access_batches.access_batch_revoke, name="access_batch_revoke"),
    path("access/end/", access.grant_end, name="grant_end"),
    path("access/grants/<str:kind>/<str:holder>/<int:pk>/change/", granting.grant_change, name="grant_change"),
    path("access/grants/<str:kind>/<str:holder>/<int:pk>/revoke/", granting.grant_revoke, name="grant_revoke"),
]

# time requests
urlpatterns += [
    path("requests/", requests.request_list, name="request_list"),
    path("requests/<int:pk>/", requests.request_detail, name="request_detail"),
    path("requests/<int:pk>/withdraw/", requests.request_withdraw, name="request_withdraw"),
    path("requests/<int:pk>/proof/", requests.request_proof, name="request_proof"),
    path("customers/<int:pk>/request/", customers.customer_request, name="customer_request"),
    path("opportunities/<int:pk>/request/", opportunities.opportunity_request, name="opportunity_request"),
    path("follow-ups/<int:pk>/request/", follow_ups.follow_up_request, name="follow_up_request"),
    path("contracts/<int:pk>/request/", contracts.contract_request, name="contract_request"),
    path("customers/<int:pk>/behalf/", customers.customer_behalf, name="customer_behalf"),
    path("opportunities/<int:pk>/behalf/", opportunities.opportunity_behalf, name="opportunity_behalf"),
    path("follow-ups/<int:pk>/behalf/", follow_ups.follow_up_behalf, name="follow_up_behalf"),
    path("contracts/<int:pk>/behalf/", contracts.contract_behalf, name="contract_behalf"),
]

# review
urlpatterns += [
    path("review/", review.review, name="review"),
    path("review/<int:pk>/", review.review_item, name="review_item"),
]

# notices, following, who is told besides
urlpatterns += [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:pk>/read/", notices.notice_read, name="notice_read"),
    path("customers/<int:pk>/follow/", customers.customer_follow, name="customer_follow"),
    path("opportunities/<int:pk>/follow/", opportunities.opportunity_follow, name="opportunity_follow"),
    path("follow-ups/<int:pk>/follow/", follow_ups.follow_up_follow, name="follow_up_follow"),
    path("contracts/<int:pk>/follow/", contracts.contract_follow, name="contract_follow"),
    path("rules/notices/", notice_rules.notice_rules, name="notice_rules"),
    path("rules/notices/new/", notice_rules.notice_rule_new, name="notice_rule_new"),
    path("rules/notices/<int:pk>/remove/", notice_rules.notice_rule_remove, name="notice_rule_remove"),
]

# changing many
urlpatterns += [
    path("bulk/<str:record_type>/new/", bulk.bulk_new, name="bulk_new"),
    path("bulk/<int:pk>/", bulk.bulk_detail, name="bulk_detail"),
    path("bulk/<int:pk>/apply/", bulk_steps.bulk_apply, name="bulk_apply"),
    path("bulk/<int:pk>/back/", bulk_steps.bulk_back, name="bulk_back"),
    path("bulk/<int:pk>/stop/", bulk_steps.bulk_stop, name="bulk_stop"),
    path("bulk/<int:pk>/ask/", bulk_steps.bulk_ask, name="bulk_ask"),
    path("bulk/<int:pk>/request/", bulk_answering.bulk_request, name="bulk_request"),
    path("bulk/<int:pk>/progress/", bulk_steps.bulk_progress, name="bulk_progress"),
]

# batches
urlpatterns += [
    path("batches/", batches.batch_list, name="batch_list"),
    path("batches/<int:pk>/", batches.batch_detail, name="batch_detail"),
    path("batches/<int:pk>/undo/", batches.batch_undo, name="batch_undo"),
    path("batches/<int:pk>/ask/", batches.batch_ask, name="batch_ask"),
    path("batches/<int:pk>/progress/", batches.batch_progress, name="batch_progress"),
]

# imports
urlpatterns += [
    path("import/", importing.import_list, name="import_list"),
    path("import/template/<str:record_type>/", importing.import_template, name="import_template"),
    path("import/mappings/<int:pk>/remove/", importing_columns.import_mapping_remove, name="import_mapping_remove"),
    path("import/<int:pk>/", importing_columns.import_columns, name="import_columns"),
    path("import/<int:pk>/delete/", importing.import_delete, name="import_delete"),
    path("import/<int:pk>/rows/", importing_rows.import_rows, name="import_rows"),
    path("import/<int:pk>/faulty/", importing_rows.import_faulty, name="import_faulty"),
    path("import/<int:pk>/load/", importing_load.import_load, name="import_load"),
    path("import/<int:pk>/result/", importing_load.import_result, name="import_result"),
    path("import/<int:pk>/progress/", importing_load.import_progress, name="import_progress"),
    path("import/<int:pk>/stop/", importing_load.import_stop, name="import_stop"),
    path("import/<int:pk>/outcome/", importing_load.import_outcome, name="import_outcome"),
]

# rules
urlpatterns += [
    path("rules/", rules.rules, name="rules"),
    path("rules/reasons/new/", reasons.reason_new, name="reason_new"),
    path("rules/reasons/<int:pk>/", reasons.reason_change, name="reason_change"),
    path("rules/exceptions/", exceptions.exceptions, name="exceptions"),
    path("rules/exceptions/new/", exceptions.exception_new, name="exception_new"),
    path("rules/exceptions/changes/", exceptions.exception_changes, name="exception_changes"),
    path("rules/exceptions/<int:pk>/revoke/", exceptions.exception_revoke, name="exception_revoke"),
    path("rules/<str:record_type>/clauses/<str:clause>/", rules.rule_clause, name="rule_clause"),
]
