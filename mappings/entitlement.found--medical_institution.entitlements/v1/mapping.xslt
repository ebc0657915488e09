<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:entitlement.found:v1" xmlns="urn:renkei:medical_institution.entitlements:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:found">
    <XmlMsg>
      <MessageHeader>
        <ProcessExecutionTime><xsl:value-of select="translate(i:processed_at, '-:T', '')"/></ProcessExecutionTime>
        <QualificationConfirmationDate><xsl:value-of select="translate(i:confirmed_on, '-', '')"/></QualificationConfirmationDate>
        <MedicalInstitutionCode><xsl:value-of select="i:institution_code"/></MedicalInstitutionCode>
        <ArbitraryFileIdentifier><xsl:value-of select="i:file_identifier"/></ArbitraryFileIdentifier>
        <ReferenceClassification>1</ReferenceClassification>
        <SegmentOfResult>1</SegmentOfResult>
        <CharacterCodeIdentifier>0</CharacterCodeIdentifier>
      </MessageHeader>
      <MessageBody>
        <ProcessingResultStatus>1</ProcessingResultStatus>
        <QualificationValidity>1</QualificationValidity>
        <ResultList>
          <xsl:for-each select="i:entitlement">
            <MedicalSubsidyInfo>
              <CertificateName><xsl:value-of select="i:certificate_name"/></CertificateName>
              <PublicExpensePayerNumber><xsl:value-of select="i:insurer_number"/></PublicExpensePayerNumber>
              <PublicExpenseRecipientNumber><xsl:value-of select="i:recipient_number"/></PublicExpenseRecipientNumber>
              <AlwaysReimbursement><xsl:value-of select="i:always_reimbursement"/></AlwaysReimbursement>
              <ValidFrom><xsl:value-of select="translate(i:valid_from, '-', '')"/></ValidFrom>
              <ValidTo><xsl:value-of select="translate(i:valid_to, '-', '')"/></ValidTo>
            </MedicalSubsidyInfo>
          </xsl:for-each>
        </ResultList>
      </MessageBody>
    </XmlMsg>
  </xsl:template>
</xsl:stylesheet>
